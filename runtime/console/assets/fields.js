// The controls of a form: conditions, lists, rows, JSON, zones, and what is copied.
import { post } from './swap.js'

export function enhanceFields(root) {
  each(root, '[data-list]', list)
  each(root, '[data-rows]', rows)
  each(root, '[data-json]', json)
  each(root, '[data-zone]', zone)
  each(root, '[data-empties]', empties)
  each(root, '[data-copy]', copy)
  each(root, '[data-dismiss]', dismiss)
  each(root, '[data-schedule]', schedule)
  each(root, '[data-filter]', filter)
  for (const form of new Set([...root.querySelectorAll('[data-when]')].map((field) => field.closest('form')))) conditions(form)
}

function each(root, selector, enhance) {
  if (root.matches?.(selector)) enhance(root)
  for (const element of root.querySelectorAll(selector)) enhance(element)
}

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  node.append(...children)
  return node
}

// conditions shows a field only while the one it depends on has the value that it needs.
function conditions(form) {
  const update = () => {
    for (const field of form.querySelectorAll('[data-when]')) {
      field.hidden = new FormData(form).getAll(field.dataset.when).pop() !== field.dataset.is
    }
  }
  form.addEventListener('change', update)
  update()
}

// list edits the lines of a text area as rows; the text area stays what is sent.
function list(box) {
  const area = box.querySelector('textarea')
  const title = box.parentElement.querySelector('label').firstChild.textContent.trim()
  const add = element('button', { type: 'button', class: 'small' }, 'Add')
  const sync = () => { area.value = [...box.querySelectorAll('.row input')].map((input) => input.value).join('\n') }
  const row = (value) => {
    const input = element('input', { 'aria-label': title, autocomplete: 'off', spellcheck: 'false' })
    input.value = value
    input.placeholder = area.placeholder.split('\n')[0]
    for (const name of ['aria-describedby', 'aria-invalid']) {
      if (area.hasAttribute(name)) input.setAttribute(name, area.getAttribute(name))
    }
    if (area.dataset.options) input.setAttribute('list', area.dataset.options)
    const remove = element('button', { type: 'button', class: 'small quiet', 'aria-label': `Remove from ${title}` }, '×')
    const line = element('div', { class: 'row' }, input, remove)
    if (box.dataset.picker) {
      const picker = element('div', { class: 'picker', 'data-picker': box.dataset.picker, 'data-inputs': box.dataset.inputs })
      input.before(picker)
      picker.append(input)
    }
    input.addEventListener('input', sync)
    input.addEventListener('change', sync)
    input.addEventListener('paste', (event) => {
      const lines = event.clipboardData.getData('text').split(/\r?\n/).filter((text) => text.trim())
      if (lines.length < 2) return
      event.preventDefault()
      for (const text of lines) add.before(row(text))
      sync()
    })
    remove.addEventListener('click', () => {
      line.remove()
      if (!box.querySelector('.row')) add.before(row(''))
      sync()
      box.querySelector('.row input').focus()
    })
    return line
  }
  area.hidden = true
  area.before(...(area.value.trim() ? area.value.split('\n') : ['']).map(row))
  area.before(add)
  box.parentElement.querySelector('label').addEventListener('click', (event) => {
    event.preventDefault()
    box.querySelector('.row input').focus()
  })
  add.addEventListener('click', () => {
    const line = row('')
    add.before(line)
    box.dispatchEvent(new CustomEvent('row', { bubbles: true, detail: line }))
    line.querySelector('input').focus()
  })
}

// rows adds and removes the rows of a key-value field without asking the server.
function rows(fieldset) {
  const add = fieldset.querySelector('[data-add]')
  add.type = 'button'
  const removable = (row) => {
    const key = row.querySelector('input').getAttribute('aria-label').replace(': key', ', row')
    const remove = element('button', { type: 'button', class: 'small quiet', 'aria-label': `Remove ${key}` }, '×')
    remove.addEventListener('click', () => {
      const all = fieldset.querySelectorAll('.row')
      if (all.length > 1) row.remove()
      else for (const input of row.querySelectorAll('input')) input.value = ''
      fieldset.querySelector('.row input').focus()
    })
    row.append(remove)
  }
  fieldset.querySelectorAll('.row').forEach(removable)
  add.addEventListener('click', () => {
    const all = fieldset.querySelectorAll('.row')
    const row = all[all.length - 1].cloneNode(true)
    row.querySelector('button').remove()
    for (const input of row.querySelectorAll('input')) {
      input.value = ''
      input.removeAttribute('id')
      input.setAttribute('aria-label', input.getAttribute('aria-label').replace(/\d+$/, all.length + 1))
    }
    removable(row)
    add.before(row)
    row.querySelector('input').focus()
  })
}

// json tells at once what is no JSON, and puts what is in order.
function json(area) {
  const state = element('span', { class: 'muted', role: 'status' })
  const format = element('button', { type: 'button', class: 'small' }, 'Format')
  area.after(element('div', { class: 'under' }, format, state))
  const parse = () => {
    state.textContent = ''
    area.classList.remove('warn')
    if (!area.value.trim()) return null
    try {
      return { value: JSON.parse(area.value) }
    } catch (error) {
      state.textContent = `Not JSON yet: ${error.message}`
      area.classList.add('warn')
      return null
    }
  }
  // Not when the focus leaves: what is said moves what is below, and with it the button that is just being pressed.
  let timer = null
  area.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(parse, 400)
  })
  format.addEventListener('click', () => {
    const parsed = parse()
    if (parsed) area.value = JSON.stringify(parsed.value, null, 2)
  })
}

// empties clears what is beside the box when it is ticked, and takes the tick away when something is written there.
function empties(box) {
  const field = box.closest('.field')
  const controls = () => field.querySelectorAll('input:not([type=checkbox]), textarea')
  box.addEventListener('change', () => { if (box.checked) for (const control of controls()) control.value = '' })
  field.addEventListener('input', (event) => {
    if (event.target !== box && event.target.value) box.checked = false
  })
}

function zone(input) {
  const moment = input.parentElement.querySelector('[type=datetime-local]')
  if (!input.value && !moment.value) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone
}

function copy(button) {
  button.hidden = false
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy)
    const label = button.querySelector('span')
    try {
      await navigator.clipboard.writeText(source.textContent)
      label.textContent = 'Copied'
      setTimeout(() => { label.textContent = 'Copy' }, 1500)
    } catch {
      getSelection().selectAllChildren(source)
      label.textContent = 'Selected'
    }
  })
}

// dismiss takes a question back, also when the form it is about changes, and by Escape.
function dismiss(button) {
  const panel = document.getElementById(button.dataset.dismiss)
  const form = panel.closest('form')
  const back = () => panel.remove()
  form.addEventListener('input', back, { once: true })
  panel.addEventListener('keydown', (event) => { if (event.key === 'Escape') button.click() })
  button.addEventListener('click', (event) => {
    event.preventDefault()
    back()
    form.querySelector('button.primary').focus()
  })
}

// schedule says in words what a schedule means while it is written.
function schedule(panel) {
  const form = panel.closest('form')
  if (!form) return
  let timer = null
  form.addEventListener('input', (event) => {
    if (!['sub.schedule', 'sub.timeZone'].includes(event.target.name)) return
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const answer = await post(form, null, null, { _do: 'preview' }).catch(() => null)
      const next = answer?.getElementById('schedule')
      if (next) document.getElementById('schedule').replaceChildren(...document.importNode(next, true).childNodes)
    }, 300)
  })
}

// filter hides what does not match while a word is typed.
function filter(form) {
  const box = document.getElementById(form.dataset.filter)
  const input = form.querySelector('input')
  const nothing = document.getElementById('nothing')
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    let found = 0
    for (const group of box.querySelectorAll('[data-group]')) {
      let here = 0
      for (const item of group.querySelectorAll('[data-text]')) {
        item.hidden = !words.every((word) => item.dataset.text.includes(word))
        if (!item.hidden) here++
      }
      group.hidden = here === 0
      found += here
    }
    nothing.hidden = found > 0
  })
  form.addEventListener('submit', (event) => event.preventDefault())
}
