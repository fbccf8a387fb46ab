import { createSSRApp } from 'vue'
import * as Pinia from 'pinia'
import App from './App.vue'

/** Makes the program; the framework calls it. */
export function createApp() {
  const app = createSSRApp(App)
  app.use(Pinia.createPinia())
  return { app, Pinia }
}
