// What the pages do beyond what they do without scripts. Each part finds its elements by data attributes, also in what is
// swapped in later.
import { embed } from './embed.js'
import { enhanceFields } from './fields.js'
import { watch } from './live.js'
import { enhancePickers } from './picker.js'
import { enhanceForms, focusFirst } from './swap.js'

document.documentElement.classList.add('js')

function enhance(root) {
  enhanceFields(root)
  enhancePickers(root)
}

const swapped = (root) => enhance(root)
watch(swapped) // first: it remembers the elements as the server wrote them
enhance(document)
enhanceForms(swapped)
focusFirst(document)
document.querySelector('.nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
embed(swapped)
