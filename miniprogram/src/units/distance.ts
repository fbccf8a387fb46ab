/** Distances on the ground, worked out on the phone: where it is goes nowhere. */

/** A point in degrees. */
export interface Point {
  latitude: number
  longitude: number
}

/** A station's place (millionths of a degree) as a point. */
export const pointOf = (place: { latitude_e6: number; longitude_e6: number }): Point => ({
  latitude: place.latitude_e6 / 1e6,
  longitude: place.longitude_e6 / 1e6,
})

/** Metres between two points on a sphere (haversine), good to half a percent. */
export function metres(a: Point, b: Point): number {
  const rad = Math.PI / 180
  const dLat = (b.latitude - a.latitude) * rad
  const dLon = (b.longitude - a.longitude) * rad
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.sin(dLon / 2) ** 2
  return 2 * 6_371_000 * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** "800 m" or "3.4 km". */
export function distanceText(m: number): string {
  return m < 1000 ? `${Math.round(m / 10) * 10} m` : `${(m / 1000).toFixed(1)} km`
}
