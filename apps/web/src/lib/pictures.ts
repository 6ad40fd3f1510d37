/** Shown in place: what browsers draw without running anything (SVG can hold scripts and is a file). */
const kinds = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);
/** Larger pictures are shown when asked for. */
const most_bytes = 20_000_000;

export const is_picture = (x: { type: string; size: number }) => kinds.has(x.type) && x.size <= most_bytes;
