/**
 * For `overlay-props` of Vant's popups and sheets: the dark ground around them takes a tap, and is no nameless button in
 * the focus order, as each of them has a button that closes it.
 */
export const SILENT_OVERLAY = { lockScroll: true, role: 'presentation', tabindex: -1 }
