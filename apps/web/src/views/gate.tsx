import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, Field, Notice } from '../components/parts.tsx';
import { let_in } from '../state/session.ts';
import { t } from '../strings.ts';

/** The frame of what comes before a user is logged in. */
export function Gate({ children }: { children: ReactNode }) {
  return (
    <main className="gate">
      <div className="gate-card">
        <p className="gate-brand">
          <img src="/icon.svg" alt="" width="40" height="40" />
          <span>{t.product}</span>
        </p>
        {children}
      </div>
    </main>
  );
}

/** This browser has no cookie: it needs a login link. */
export function LetIn() {
  const [text, set_text] = useState('');
  const [problem, set_problem] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    set_problem(await let_in(text));
    set_busy(false);
  };
  return (
    <Gate>
      <h1>{t.start.noSessionTitle}</h1>
      <p className="lead">{t.start.noSession}</p>
      <form onSubmit={(event) => void submit(event)}>
        {problem ? <Notice kind="error">{problem}</Notice> : null}
        <Field label={t.start.pasteLink}>
          {(ids) => (
            <input {...ids} className="input" type="text" placeholder={t.start.pasteLinkHint} value={text} onChange={(e) => set_text(e.target.value)} autoComplete="off" spellCheck={false} autoFocus required />
          )}
        </Field>
        <Button type="submit" look="primary" busy={busy} className="wide">
          {t.start.letIn}
        </Button>
      </form>
    </Gate>
  );
}
