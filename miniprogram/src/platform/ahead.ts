/** How long the first page has the network for itself. */
const quietMS = 3000

/**
 * In a browser a page's own code is fetched when the page is first opened,
 * which in a tunnel is too late: all of it is fetched ahead, as index.html
 * lists it in a template (vite.config.ts). WeChat fetches packages whole.
 */
export function fetchAhead(): void {
  setTimeout(() => {
    const list = document.getElementById('pages-to-come')
    if (list instanceof HTMLTemplateElement) document.head.append(list.content)
  }, quietMS)
}
