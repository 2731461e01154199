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
  const idle = button ? busy(button, running) : () => {}
  try {
    const answer = await post(form, button, running.signal)
    if (answer) swap(form.dataset.swap.split(' '), answer, swapped)
  } catch (error) {
    if (error.name === 'AbortError') say(form, 'Stopped waiting. What Okta has done by now stays done.')
    else say(form, 'The connector cannot be reached. Nothing you typed is lost: try again.')
  } finally {
    running = null
    idle()
  }
}

// post sends a form as its button would and returns the page that answers, or null when the browser goes elsewhere.
export async function post(form, button, signal, extra = {}) {
  const body = new URLSearchParams(new FormData(form, button?.name ? button : null))
  for (const [name, value] of Object.entries(extra)) body.set(name, value)
  const response = await fetch(form.getAttribute('action'), { method: 'POST', body, signal })
  if (new URL(response.url).pathname === '/login') {
    location.assign(response.url)
    return null
  }
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

// busy shows how long a button's work takes, and stops it when there is something to stop. It returns what ends it.
function busy(button, controller) {
  const label = button.querySelector('span') ?? button
  const before = label.textContent
  const began = Date.now()
  const tick = () => {
    const seconds = Math.floor((Date.now() - began) / 1000)
    label.textContent = `${button.dataset.busy ?? 'Working'}…${seconds ? ` ${seconds} s` : ''}`
  }
  button.setAttribute('aria-disabled', 'true')
  button.classList.add('busy')
  tick()
  const timer = setInterval(tick, 500)
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

function say(form, text) {
  let line = form.querySelector('.said')
  if (!line) {
    line = document.createElement('p')
    line.className = 'said error'
    line.setAttribute('role', 'alert')
    form.append(line)
  }
  line.textContent = text
}
