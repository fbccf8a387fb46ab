/** The text of an input's or textarea's event: the framework types it as the browser's, which it is not. */
export const typed = (e: unknown): string => String((e as { detail?: { value?: unknown } }).detail?.value ?? '')
