// Pickers search Okta while somebody types: the combobox of the ARIA Authoring Practices with a list of its own. What is
// in the input is what is sent, so a value can also be typed or pasted.

let count = 0

export function enhancePickers(root) {
  for (const box of root.querySelectorAll('.picker[data-picker]')) picker(box)
  for (const list of root.querySelectorAll('[data-list][data-picker]')) {
    list.addEventListener('row', (event) => event.detail.querySelectorAll('.picker').forEach(picker))
  }
}

function picker(box) {
  const input = box.querySelector('input')
  const id = `choices-${++count}`
  const list = document.createElement('ul')
  Object.assign(list, { id, hidden: true, className: 'choices' })
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', 'Choices')
  const said = document.createElement('p')
  said.className = 'picked'
  said.setAttribute('role', 'status')
  box.append(list, said)
  for (const [name, value] of Object.entries({
    role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': id, 'aria-haspopup': 'listbox',
  })) input.setAttribute(name, value)

  let active = -1
  let cursor = ''
  let asked = 0
  let timer = null

  const options = () => [...list.querySelectorAll('[role=option]')]
  const close = () => {
    clearTimeout(timer)
    asked++
    list.hidden = true
    active = -1
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }
  const open = () => {
    list.hidden = false
    input.setAttribute('aria-expanded', 'true')
  }
  const activate = (at) => {
    const all = options()
    if (all.length === 0) return
    active = (at + all.length) % all.length
    all.forEach((option, i) => option.setAttribute('aria-selected', String(i === active)))
    input.setAttribute('aria-activedescendant', all[active].id)
    all[active].scrollIntoView({ block: 'nearest' })
  }
  const choose = (option) => {
    if (option.dataset.more) {
      search(true)
      return
    }
    input.value = option.dataset.key
    said.textContent = option.dataset.key === option.dataset.label ? '' : option.dataset.label
    close()
    input.dispatchEvent(new Event('change', { bubbles: true }))
  }

  function draw(answer, more) {
    list.querySelector('[data-more]')?.remove()
    if (!more) list.replaceChildren()
    if (answer.problem || (!more && answer.items.length === 0)) {
      const line = document.createElement('li')
      line.className = 'muted'
      line.textContent = answer.problem || 'Nothing matches. What you typed is used as it is.'
      list.append(line)
    }
    for (const item of answer.items ?? []) list.append(option(item.label, item.key))
    if (answer.nextCursor) {
      const line = option('Show more', '')
      line.dataset.more = 'true'
      list.append(line)
    }
    cursor = answer.nextCursor ?? ''
    open()
  }

  function option(label, key) {
    const line = document.createElement('li')
    line.id = `${id}-${list.children.length}`
    line.setAttribute('role', 'option')
    line.setAttribute('aria-selected', 'false')
    line.dataset.key = key
    line.dataset.label = label
    line.append(label)
    if (key && key !== label) {
      const small = document.createElement('small')
      small.textContent = key
      line.append(small)
    }
    return line
  }

  async function search(more) {
    const mine = ++asked
    const form = input.form
    const fields = new FormData(form)
    const body = new URLSearchParams({ query: input.value, cursor: more ? cursor : '' })
    for (const name of ['connection', 'token']) if (fields.get(name)) body.set(name, fields.get(name))
    for (const pair of (box.dataset.inputs ?? '').split(' ').filter(Boolean)) {
      const [to, from] = pair.split('=')
      body.set(`in.${to}`, fields.get(from) ?? '')
    }
    const base = form.dataset.embedded ? '/forms/options/' : '/options/'
    let answer = { items: [], problem: 'The choices cannot be fetched. You can still type a value.' }
    try {
      const response = await fetch(base + box.dataset.picker, { method: 'POST', body })
      if (response.ok) answer = await response.json()
    } catch { /* said above */ }
    if (mine === asked) draw({ ...answer, items: answer.items ?? [] }, more)
  }

  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => search(false), 180)
  }
  input.addEventListener('input', () => {
    said.textContent = ''
    soon()
  })
  input.addEventListener('click', () => { if (list.hidden) search(false) })
  input.addEventListener('blur', close)
  input.addEventListener('keydown', (event) => {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        event.preventDefault()
        if (list.hidden) search(false)
        else activate(active + (event.key === 'ArrowDown' ? 1 : -1))
        break
      case 'Enter':
        if (list.hidden || active < 0) return
        event.preventDefault()
        choose(options()[active])
        break
      case 'Escape':
        if (list.hidden) return
        event.preventDefault()
        close()
    }
  })
  list.addEventListener('mousedown', (event) => event.preventDefault()) // keeps the focus where it is
  list.addEventListener('click', (event) => {
    const line = event.target.closest('[role=option]')
    if (line) choose(line)
  })
}
