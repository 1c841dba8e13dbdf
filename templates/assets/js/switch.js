// Below 800 px one stage shows at a time: the switch says which, and scrolls to another.
export function startSwitch(board) {
  const mark = (stage) => {
    for (const link of document.querySelectorAll('.stage-switch a')) {
      const here = link.hash === `#${stage.id}`;
      link.toggleAttribute('aria-current', here);
      if (here) {
        link.setAttribute('aria-current', 'true');
        link.scrollIntoView?.({ block: 'nearest', inline: 'nearest' });
      }
    }
  };
  const watcher = new IntersectionObserver((entries) => {
    const shown = entries.find((entry) => entry.isIntersecting);
    if (shown && matchMedia('(max-width: 799px)').matches) {
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
      stage.scrollIntoView({ block: 'nearest', inline: 'center' });
    }
  });
}
