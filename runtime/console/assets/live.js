// Parts with data-live are fetched again, every so many milliseconds, while the page is looked at. A child with an id that
// has not changed stays as it is, with what is open or typed in it; one that is new is shown as new.

const written = new WeakMap() // elements as the server wrote them

export function watch(swapped) {
  const parts = [...document.querySelectorAll('[data-live]')]
  for (const part of parts) remember(part)
  if (parts.length === 0) return
  const pause = Math.min(...parts.map((part) => Number(part.dataset.live)))
  const again = () => setTimeout(async () => {
    if (!document.hidden && !await refresh(swapped)) return
    again()
  }, pause)
  again()
}

function remember(part) {
  written.set(part, part.innerHTML)
  for (const child of part.children) written.set(child, child.outerHTML)
}

// refresh reports whether to go on.
async function refresh(swapped) {
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } })
    if (!response.ok || new URL(response.url).pathname !== location.pathname) return false
    const next = new DOMParser().parseFromString(await response.text(), 'text/html')
    for (const part of document.querySelectorAll('[data-live]')) {
      const fresh = next.getElementById(part.id)
      if (fresh) merge(part, document.importNode(fresh, true), swapped)
    }
  } catch { /* the server is away for a moment: it is asked again */ }
  return true
}

function merge(part, fresh, swapped) {
  const html = fresh.innerHTML
  if (written.get(part) === html) return
  const keyed = [...part.children].some((child) => child.id)
  if (!keyed && ![...fresh.children].some((child) => child.id)) {
    if (part.contains(document.activeElement)) return
    part.replaceChildren(...fresh.childNodes)
    remember(part)
    swapped(part)
    return
  }
  const known = new Map([...part.children].map((child) => [child.id, child]))
  const children = [...fresh.children].map((child) => {
    const old = known.get(child.id)
    if (old && (same(old, child) || old.contains(document.activeElement) || old.open)) return old
    written.set(child, child.outerHTML)
    if (!old) child.classList.add('new')
    return child
  })
  written.set(part, html)
  part.replaceChildren(...children)
  for (const child of children) if (child.classList.contains('new')) swapped(child)
}

// same compares what the server wrote, without how long ago it was.
function same(old, child) {
  const plain = (html) => html?.replace(/<time[^>]*>[^<]*<\/time>/g, '')
  return plain(written.get(old)) === plain(child.outerHTML)
}
