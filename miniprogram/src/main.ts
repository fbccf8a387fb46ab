import { createSSRApp } from 'vue'
import * as Pinia from 'pinia'
import App from './App.vue'
// #ifdef H5
import { fetchAhead } from './platform/ahead'
// #endif

/** Makes the program; the framework calls it. */
export function createApp() {
  const app = createSSRApp(App)
  app.use(Pinia.createPinia())
  // #ifdef H5
  fetchAhead()
  // #endif
  return { app, Pinia }
}
