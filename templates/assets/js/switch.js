// Below 800 px one stage shows at a time: the switch says which, and scrolls to another.
const narrow = matchMedia('(max-width: 799px)');

let board;

export function showStage(stage) {
  stage.scrollIntoView({ block: 'nearest', inline: 'center' });
}

// The stage whose name in the switch, or whose folded self, is at this point: { stage, element, inSwitch }.
export function stageUnder(x, y) {
  for (const element of document.elementsFromPoint(x, y)) {
    const link = element.closest('.stage-switch a');
    const folded = element.closest('.stage.folded');
    if (link || folded) {
      const stage = folded ?? document.querySelector(link.hash);
      return stage && { stage, element: link ?? folded, inSwitch: Boolean(link) };
    }
  }
  return null;
}

function mark(stage) {
  for (const link of document.querySelectorAll('.stage-switch a')) {
    const here = link.hash === `#${stage.id}`;
    link.toggleAttribute('aria-current', here);
    if (here) {
      link.setAttribute('aria-current', 'true');
      link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }
}

export function startSwitch(element) {
  board = element;
  const watcher = new IntersectionObserver((entries) => {
    const shown = entries.find((entry) => entry.isIntersecting);
    if (shown && narrow.matches) {
      mark(shown.target);
    }
  }, { root: board, threshold: 0.6 });
  const watch = () => board.querySelectorAll('.stage').forEach((stage) => watcher.observe(stage));
  watch();
  document.addEventListener('board:drawn', watch);
  document.querySelector('.stage-switch').addEventListener('click', (event) => {
    const link = event.target.closest('a');
    const stage = link && document.querySelector(link.hash);
    if (stage) {
      event.preventDefault();
      showStage(stage);
    }
  });
}
