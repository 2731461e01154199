// Checks of our own on a page as it is drawn. The value is a list of findings; none is the good case.
(() => {
  const findings = []
  const where = (el) => `<${el.tagName.toLowerCase()}${el.id ? ` id="${el.id}"` : ''}${el.name ? ` name="${el.name}"` : ''}> ${el.textContent.trim().slice(0, 40)}`
  const find = (rule, el) => findings.push(`${rule}: ${where(el)}`)
  const seen = (el) => el.checkVisibility({ visibilityProperty: true })
  const text = (el) => [...el.childNodes].map((node) => node.nodeType === 3 ? node.data : node.nodeType === 1 && node.getAttribute('aria-hidden') !== 'true' ? text(node) : '').join('').trim()
  const named = (el) => {
    const by = (el.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean)
    return el.getAttribute('aria-label') || by.map((id) => document.getElementById(id)?.textContent).join(' ').trim() ||
      [...(el.labels ?? [])].map(text).join(' ').trim() || text(el) || el.title
  }

  if (!document.documentElement.lang) findings.push('no language')
  if (!document.title) findings.push('no title')
  if (document.querySelectorAll('main').length !== 1) findings.push('not one main')
  const headings = [...document.querySelectorAll('h1, h2, h3')].filter(seen)
  if (headings.filter((h) => h.tagName === 'H1').length !== 1) findings.push(`not one h1: ${headings.map(text)}`)
  headings.reduce((level, h) => {
    if (Number(h.tagName[1]) > level + 1) find('a level of heading is skipped', h)
    return Number(h.tagName[1])
  }, 0)
  const ids = new Set()
  for (const el of document.querySelectorAll('[id]')) {
    if (ids.has(el.id)) find('id given twice', el)
    ids.add(el.id)
  }
  for (const name of ['aria-describedby', 'aria-labelledby', 'aria-controls', 'aria-activedescendant', 'for', 'list']) {
    for (const el of document.querySelectorAll(`[${name}]`)) {
      for (const id of el.getAttribute(name).split(' ').filter(Boolean)) if (!ids.has(id)) find(`${name} leads nowhere`, el)
    }
  }
  for (const el of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role], fieldset')) {
    if (!seen(el)) continue
    if (['presentation', 'none', 'status', 'alert', 'listbox'].includes(el.getAttribute('role'))) continue
    if (el.tagName === 'FIELDSET' ? !el.querySelector('legend') : !named(el)) find('without a name', el)
    if (el.tabIndex > 0) find('order of focus is forced', el)
  }
  for (const el of document.querySelectorAll('input[aria-invalid], select[aria-invalid], textarea[aria-invalid]')) {
    if (!(el.getAttribute('aria-describedby') ?? '').includes('-error')) find('an error is not said', el)
  }
  for (const el of document.querySelectorAll('img:not([alt])')) find('picture without text', el)
  for (const el of document.querySelectorAll('table')) if (!el.querySelector('th[scope]')) find('table without headers', el)

  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = colour
    pen.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1]
  const behind = (el) => {
    if (!el) return rgba(getComputedStyle(document.documentElement).getPropertyValue('--background'))
    const own = rgba(getComputedStyle(el).backgroundColor)
    return own[3] === 1 ? own : over(own, behind(el.parentElement))
  }
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y)
    return (high + 0.05) / (low + 0.05)
  }
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const done = new Set()
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const el = node.parentElement
    if (!node.data.trim() || done.has(el) || !seen(el) || el.closest('.sr, .skip, option, datalist, script, [aria-disabled]')) continue
    done.add(el)
    const style = getComputedStyle(el)
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700)
    const ratio = contrast(over(rgba(style.color), behind(el)), behind(el))
    if (ratio < (large ? 3 : 4.5)) find(`contrast ${ratio.toFixed(2)}`, el)
  }
  for (const el of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!seen(el) || el.closest('.search') || el.classList.contains('small')) continue
    if (el.type === 'checkbox' && getComputedStyle(el).appearance !== 'none') continue // the browser's own
    const edge = el.type === 'checkbox' ? getComputedStyle(el).backgroundColor : getComputedStyle(el).borderTopColor
    const ratio = contrast(over(rgba(edge), behind(el.parentElement)), behind(el.parentElement))
    if (ratio < 3) find(`edge of a control ${ratio.toFixed(2)}`, el)
    const hint = getComputedStyle(el, '::placeholder')
    if (el.placeholder && contrast(over([...rgba(hint.color).slice(0, 3), Number(hint.opacity)], behind(el)), behind(el)) < 4.5) find('placeholder too faint', el)
  }
  if (document.documentElement.scrollWidth > innerWidth) findings.push(`wider than the screen: ${document.documentElement.scrollWidth}`)
  return findings
})()
