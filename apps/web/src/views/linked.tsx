import { Fragment } from 'react';

const address = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

/** Text with its web addresses made into links, and nothing else. */
export function Linked({ text }: { text: string }) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(address)) {
    if (found.index > at) parts.push(text.slice(at, found.index));
    parts.push(
      <a href={found[0]} target="_blank" rel="noopener noreferrer">
        {found[0]}
      </a>,
    );
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts.map((x, i) => <Fragment key={i}>{x}</Fragment>);
}
