import { Dialog, DialogDismiss, DialogHeading, Tooltip, TooltipAnchor, TooltipProvider } from '@ariakit/react';
import { Check, Copy, type LucideIcon, Search, X } from './icons.ts';
import { type ButtonHTMLAttributes, type ReactElement, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { t } from '../strings.ts';

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: 'primary' | 'plain' | 'quiet' | 'danger'; icon?: LucideIcon; busy?: boolean };

export function Button({ look = 'plain', icon: Icon, busy = false, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={`button ${look} ${className}`} aria-busy={busy || undefined} disabled={rest.disabled || busy}>
      {busy ? <span className="spinner" aria-hidden="true" /> : Icon ? <Icon size={18} aria-hidden="true" /> : null}
      <span>{children}</span>
    </button>
  );
}

/** A button that is a picture; its name is told to screen readers, and shown when pointed at. */
export function IconButton({ icon: Icon, label, className = '', ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { icon: LucideIcon; label: string }) {
  return (
    <Tip text={label}>
      <button type="button" aria-label={label} {...rest} className={`icon-button ${className}`}>
        <Icon size={20} aria-hidden="true" />
      </button>
    </Tip>
  );
}

export function Tip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <TooltipProvider timeout={500}>
      <TooltipAnchor render={children} />
      <Tooltip className="tooltip" gutter={6}>
        {text}
      </Tooltip>
    </TooltipProvider>
  );
}

const hues = 8;
function hue_of(id: string): number {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + c.charCodeAt(0)) >>> 0;
  return sum % hues;
}

/** Initials on a colour of the person's own. */
export function Avatar({ name, id, small = false }: { name: string; id: string; small?: boolean }) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const initials = ((words[0]?.[0] ?? '?') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase();
  return (
    <span className={`avatar hue-${hue_of(id)}${small ? ' small' : ''}`} aria-hidden="true">
      {initials}
    </span>
  );
}

/** A view that scrolls: by keys too, so it takes the focus. */
export function Sheet({ title, className = '', children }: { title: string; className?: string; children: ReactNode }) {
  return (
    <div className={`page ${className}`} role="region" aria-label={title} tabIndex={0}>
      {children}
    </div>
  );
}

export function Empty({ icon: Icon, title, children, action }: { icon: LucideIcon; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon size={28} aria-hidden="true" />
      </span>
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {action ? <div className="empty-actions">{action}</div> : null}
    </div>
  );
}

export function Notice({ kind, children }: { kind: 'error' | 'good' | 'hint'; children: ReactNode }) {
  return (
    <div className={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

export function Field({ label, hint, error, children }: { label: string; hint?: string | undefined; error?: string | undefined; children: (ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }) => ReactNode }) {
  const id = useId();
  const told = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': told ? `${id}-told` : undefined, 'aria-invalid': error ? true : undefined })}
      {told ? (
        <p id={`${id}-told`} className={error ? 'field-error' : 'field-hint'}>
          {told}
        </p>
      ) : null}
    </div>
  );
}

export function SearchBox({ label, value, onChange, id }: { label: string; value: string; onChange: (x: string) => void; id?: string }) {
  return (
    <div className="search" role="search">
      <Search size={16} aria-hidden="true" />
      <input id={id} type="search" aria-label={label} placeholder={label} value={value} onChange={(e) => onChange(e.target.value)} autoComplete="off" />
      {value ? (
        <button type="button" className="search-clear" aria-label={t.chats.clear} onClick={() => onChange('')}>
          <X size={16} aria-hidden="true" />
        </button>
      ) : null}
    </div>
  );
}

export function Modal({ open, onClose, title, children, wide = false, dark = false, closable = true }: { open: boolean; onClose: () => void; title: string; children: ReactNode; wide?: boolean; dark?: boolean; closable?: boolean }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      hideOnInteractOutside={closable}
      hideOnEscape={closable}
      unmountOnHide
      backdrop={<div className="backdrop" />}
      className={`modal${wide ? ' wide' : ''}${dark ? ' picture' : ''}`}
    >
      <header className="modal-head">
        <DialogHeading className="modal-title">{title}</DialogHeading>
        {closable ? (
          <DialogDismiss className="icon-button" aria-label={t.close}>
            <X size={20} aria-hidden="true" />
          </DialogDismiss>
        ) : null}
      </header>
      <div className="modal-body">{children}</div>
    </Dialog>
  );
}

export function CopyButton({ text, label = t.copy }: { text: string; label?: string }) {
  const [copied, set_copied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // not allowed here: the text stands beside the button and can be selected
    }
    set_copied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set_copied(false), 2_000);
  };
  return (
    <Button look="quiet" icon={copied ? Check : Copy} onClick={() => void copy()}>
      <span role="status">{copied ? t.copied : label}</span>
    </Button>
  );
}

/** Where something is on the node's machine. */
export function Path({ path }: { path: string }) {
  return (
    <p className="path">
      <code>{path}</code>
      <CopyButton text={path} label={t.copyPath} />
    </p>
  );
}
