import type { ShownAttachment as Attachment } from '@lama/ipc-client';
import { Download, File as FileIcon, ImageOff } from '../components/icons.ts';
import { useEffect, useState } from 'react';
import { Modal } from '../components/parts.tsx';
import { bytes } from '../lib/format.ts';
import { is_picture } from '../lib/pictures.ts';
import { t } from '../strings.ts';

export function Attachments({ all }: { all: Attachment[] }) {
  return (
    <ul className="attachments" aria-label={t.composer.attachments}>
      {all.map((x, i) => (
        <li key={`${x.blob}.${i}`}>{is_picture(x) && !x.missing ? <Picture of={x} /> : <FileLink of={x} />}</li>
      ))}
    </ul>
  );
}

function FileLink({ of: x }: { of: Attachment }) {
  const inner = (
    <>
      <FileIcon size={22} aria-hidden="true" />
      <span className="file-names">
        <span className="file-name">{x.name || x.blob.slice(0, 8)}</span>
        <span className="file-size">{x.missing ? t.attachment.missing : bytes(x.size)}</span>
      </span>
    </>
  );
  if (x.missing) return <span className="file-link missing">{inner}</span>;
  return (
    <a className="file-link" href={`/blob/${x.blob}`} download={x.name || x.blob} aria-label={t.attachment.download(x.name)}>
      {inner}
      <Download size={18} aria-hidden="true" />
    </a>
  );
}

/** The node gives every blob as a plain file, so that nothing of a stranger's runs in the page's name; what it is, the page says. */
function use_picture(x: Attachment): string | 'broken' | null {
  const [url, set_url] = useState<string | 'broken' | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    let made = '';
    fetch(`/blob/${x.blob}`, { signal: controller.signal })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        made = URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type: x.type }));
        set_url(made);
      })
      .catch(() => {
        if (!controller.signal.aborted) set_url('broken');
      });
    return () => {
      controller.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [x.blob, x.type]);
  return url;
}

function Picture({ of: x }: { of: Attachment }) {
  const url = use_picture(x);
  const [open, set_open] = useState(false);
  const [broken, set_broken] = useState(false);
  if (broken || url === 'broken')
    return (
      <>
        <p className="picture-broken">
          <ImageOff size={16} aria-hidden="true" /> {t.attachment.broken}
        </p>
        <FileLink of={x} />
      </>
    );
  return (
    <>
      <button type="button" className="picture" aria-label={t.attachment.open(x.name)} onClick={() => set_open(true)}>
        {url ? <img src={url} alt={x.name} onError={() => set_broken(true)} /> : <span className="picture-wait" />}
      </button>
      <Modal open={open} onClose={() => set_open(false)} title={x.name} wide dark>
        {url ? <img className="picture-whole" src={url} alt={x.name} /> : null}
        <a className="button plain" href={`/blob/${x.blob}`} download={x.name || x.blob}>
          <Download size={18} aria-hidden="true" />
          <span>
            {t.attachment.save} ({bytes(x.size)})
          </span>
        </a>
      </Modal>
    </>
  );
}
