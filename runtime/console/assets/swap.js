// Forms with data-swap are sent in the background: the named parts of the answer replace those of the page, and what was
// typed into secrets, which the server never sends back, stays.

let running = null // the AbortController of the form under way

export function enhanceForms(swapped) {
  document.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return
    const form = event.target
    const button = event.submitter
    if (!form.dataset.swap || button?.hasAttribute('data-plain')) {
      if (button && form.method === 'post' && !button.hasAttribute('data-plain')) setTimeout(() => busy(button), 0)
      return
    }
    event.preventDefault()
    submit(form, button, swapped)
  })
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })
}

async function submit(form, button, swapped) {
  if (running) return
  running = new AbortController()
  const call = Math.random().toString(36).slice(2) + Date.now().toString(36)
  const idle = button ? busy(button, running, call) : () => {}
  try {
    swap(form.dataset.swap.split(' '), await post(form, button, running.signal, { _call: call }), swapped)
  } catch (error) {
    if (error.name === 'AbortError') say(form, 'Stopped waiting. What Okta has done by now stays done.')
    else if (error instanceof SignedOut) say(form, 'You are signed out. Nothing you typed is lost: ', 'sign in in another tab', ', then try again.')
    else say(form, 'The connector cannot be reached. Nothing you typed is lost: try again.')
  } finally {
    running = null
    idle()
  }
}

class SignedOut extends Error {}

// post sends a form as its button would and returns the page that answers.
export async function post(form, button, signal, extra = {}) {
  const body = new URLSearchParams(new FormData(form, button?.name ? button : null))
  for (const [name, value] of Object.entries(extra)) body.set(name, value)
  const response = await fetch(form.getAttribute('action'), { method: 'POST', body, signal })
  if (new URL(response.url).pathname === '/login') throw new SignedOut()
  return new DOMParser().parseFromString(await response.text(), 'text/html')
}

// swap replaces elements by id with those of another document, or the whole content when that one has none of them.
export function swap(ids, answer, swapped) {
  const pairs = ids.map((id) => [document.getElementById(id), answer.getElementById(id)]).filter(([a, b]) => a && b)
  if (pairs.length === 0) pairs.push([document.getElementById('main'), answer.getElementById('main')])
  const secrets = [...document.querySelectorAll('[data-secret]')].map((input) => [input.name, input.value])
  for (const [now, next] of pairs) {
    const fresh = document.importNode(next, true)
    for (const first of fresh.querySelectorAll('[autofocus]')) {
      first.removeAttribute('autofocus') // a browser does that for whole pages only
      first.dataset.first = ''
    }
    now.replaceWith(fresh)
    for (const input of fresh.querySelectorAll('[data-secret]')) {
      const at = secrets.findIndex(([name]) => name === input.name)
      if (at >= 0) input.value = secrets.splice(at, 1)[0][1]
    }
    swapped(fresh)
  }
  const notice = answer.querySelector('.notice')
  document.querySelector('.notice')?.remove()
  if (notice) document.getElementById('main').prepend(document.importNode(notice, true))
  focusFirst(document.getElementById('main'))
}

// focusFirst moves to the first error, or to what has just been said.
export function focusFirst(root) {
  let target = root.querySelector('[autofocus], [data-first]') ?? root.querySelector('[data-focus]')
  if (!target) return
  const list = target.closest('[data-list]')
  if (list) target = list.querySelector('.row input') ?? target
  target.focus({ preventScroll: true })
  const { top } = target.getBoundingClientRect()
  if (top < 60 || top > innerHeight - 120) target.scrollIntoView({ block: 'start' })
}

// busy shows how long a button's work takes and how far it is, and stops it when there is something to stop. It returns what
// ends it.
function busy(button, controller, call) {
  const label = button.querySelector('span') ?? button
  const before = label.textContent
  const began = Date.now()
  let far = ''
  const tick = async () => {
    const seconds = Math.floor((Date.now() - began) / 1000)
    label.textContent = `${button.dataset.busy ?? 'Working'}…${seconds ? ` ${seconds} s` : ''}${far}`
    if (call && seconds >= 1) far = await progress(call)
  }
  button.setAttribute('aria-disabled', 'true')
  button.classList.add('busy')
  tick()
  const timer = setInterval(tick, 1000)
  let stop = null
  if (controller) {
    stop = document.createElement('button')
    stop.type = 'button'
    stop.className = 'quiet'
    stop.textContent = 'Stop'
    stop.addEventListener('click', () => controller.abort())
    setTimeout(() => { if (stop) button.after(stop) }, 800)
  }
  return () => {
    clearInterval(timer)
    label.textContent = before
    button.removeAttribute('aria-disabled')
    button.classList.remove('busy')
    stop?.remove()
    stop = null
  }
}

// progress says how far a call is that takes long.
async function progress(call) {
  const response = await fetch(`/calls/${call}`).catch(() => null)
  if (!response?.ok || !response.headers.get('Content-Type').startsWith('application/json')) return ''
  const at = await response.json()
  const said = at?.items ? ` · ${at.items.toLocaleString('en')} items` : ''
  return at?.waitedMs >= 1000 ? `${said} · waiting for the rate limit` : said
}

function say(form, text, link, rest) {
  let line = form.querySelector('.said')
  if (!line) {
    line = document.createElement('p')
    line.className = 'said error'
    line.setAttribute('role', 'alert')
    form.append(line)
  }
  const words = document.createElement('span')
  words.append(text)
  if (link) {
    const to = document.createElement('a')
    Object.assign(to, { href: '/login', target: '_blank', textContent: link })
    words.append(to, rest)
  }
  line.replaceChildren(words)
}
