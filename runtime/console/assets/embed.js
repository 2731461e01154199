// A form inside another page talks to it with messages, to and from the one origin that the server was told of. Without
// such an origin nothing is said and nothing is heard.
import { post, swap } from './swap.js'

const prefix = 'okta-connector:'

// What a page around a form may change of its looks, and what values look like that cannot do more than that.
const colour = /^(#[0-9a-f]{3,8}|(rgb|hsl|oklch)a?\([0-9., %/deg-]+\))$/i
const length = /^\d{1,3}(\.\d+)?(px|rem|em)$/
const themable = {
  accent: colour, 'accent-text': colour, background: colour, surface: colour, text: colour, muted: colour, border: colour,
  danger: colour, radius: length, 'font-size': length, font: /^[\w ,"'-]{1,200}$/,
}

export function embed(swapped) {
  const form = document.querySelector('form[data-embedded]')
  if (!form || parent === window) return
  const origin = form.dataset.origin
  if (!origin) return
  const tell = (type, more = {}) => parent.postMessage({ type: prefix + type, form: form.dataset.embedded, ...more }, origin)
  const current = () => document.querySelector('form[data-embedded]')

  document.addEventListener('submit', async (event) => {
    event.preventDefault()
    const now = current()
    const body = new URLSearchParams(new FormData(now, event.submitter?.name ? event.submitter : null))
    const response = await fetch(now.getAttribute('action'), { method: 'POST', body }).catch(() => null)
    if (!response) return tell('failed', { reason: 'unreachable' })
    if (response.ok && response.headers.get('Content-Type').startsWith('application/json')) {
      return tell('submit', await response.json())
    }
    swap(['form'], new DOMParser().parseFromString(await response.text(), 'text/html'), swapped)
    tell(response.status === 401 ? 'expired' : 'invalid')
  }, { capture: true })

  addEventListener('message', async (event) => {
    if (event.origin !== origin || event.source !== parent || typeof event.data !== 'object') return
    switch (event.data?.type) {
      case `${prefix}theme`:
        theme(event.data.theme ?? {})
        break
      case `${prefix}values`: {
        const extra = { _do: 'fill', _inputs: JSON.stringify(event.data.inputs ?? {}), _times: JSON.stringify(event.data) }
        const answer = await post(current(), null, null, extra).catch(() => null)
        if (!answer) break
        swap(['form'], answer, swapped)
        tell('filled')
        break
      }
      case `${prefix}submit`:
        current().requestSubmit()
    }
  })

  new ResizeObserver(() => tell('size', { height: Math.ceil(document.documentElement.getBoundingClientRect().height) }))
    .observe(document.body)
  tell('ready')
}

function theme(values) {
  const root = document.documentElement
  if (values.scheme === 'dark' || values.scheme === 'light') root.dataset.theme = values.scheme
  for (const [name, form] of Object.entries(themable)) {
    if (typeof values[name] === 'string' && form.test(values[name])) root.style.setProperty(`--${name}`, values[name])
  }
}
