import { Sheet } from '../components/parts.tsx';
import { use_store } from '../lib/store.ts';
import { app } from '../state/app.ts';
import { t } from '../strings.ts';

export default function About() {
  const status = use_store(app, (x) => x.status);
  return (
    <Sheet title={t.about.title} className="about">
      <img src="/icon.svg" alt="" width="64" height="64" />
      <h1>{t.product}</h1>
      <p className="lead">{t.about.text}</p>
      <p>{t.about.page}</p>
      <p>
        {t.about.version}: {status?.version ?? '–'}
      </p>
      <h2>{t.about.keys}</h2>
      <dl className="keys">
        {t.about.shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="field-hint">{t.about.licences}</p>
    </Sheet>
  );
}
