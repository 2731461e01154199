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
  if (written.get(part) === html || part.contains(document.activeElement) && !keyedBy(part) || selected(part)) return
  if (plain(written.get(part)) === plain(html)) {
    tick(part, fresh)
    return
  }
  if (!keyedBy(part) && !keyedBy(fresh)) {
    part.replaceChildren(...fresh.childNodes)
    remember(part)
    swapped(part)
    return
  }
  const known = new Map([...part.children].map((child) => [child.id, child]))
  const children = [...fresh.children].map((child) => {
    const old = known.get(child.id)
    if (old && plain(written.get(old)) === plain(child.outerHTML)) return tick(old, child)
    if (old && (old.contains(document.activeElement) || old.open)) return old
    written.set(child, child.outerHTML)
    if (!old) child.classList.add('new')
    return child
  })
  written.set(part, html)
  part.replaceChildren(...children)
  for (const child of children) if (child.classList.contains('new')) swapped(child)
}

const keyedBy = (part) => [...part.children].some((child) => child.id)

// plain is what the server wrote, without how long ago it was.
const plain = (html) => html?.replace(/<time[^>]*>[^<]*<\/time>/g, '')

// tick brings how long ago it was up to date, and touches nothing else.
function tick(old, fresh) {
  const times = fresh.querySelectorAll('time')
  old.querySelectorAll('time').forEach((time, i) => { if (times[i]) time.replaceWith(times[i]) })
  return old
}

// selected reports whether somebody is about to copy from a part.
function selected(part) {
  const selection = getSelection()
  return !selection.isCollapsed && part.contains(selection.anchorNode)
}
