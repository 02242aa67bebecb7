import type { Place } from './place.js';
import { type WebPlaceOptions, webPlace } from './web-place.js';

export type PlaceOptions = WebPlaceOptions;

/** The place that the URL of a source names. */
export const placeOf = (options: PlaceOptions): Place => webPlace(options);
