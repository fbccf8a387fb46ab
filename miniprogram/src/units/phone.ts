/** A mobile number as it is typed: digits only, at most 11. */
export const typedPhone = (text: string): string => text.replace(/\D/g, '').replace(/^86(?=1\d{10}$)/, '').slice(0, 11)

/** Whether it is a mobile number of the mainland. */
export const isPhone = (text: string): boolean => /^1[3-9]\d{9}$/.test(text)
