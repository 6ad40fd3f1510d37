import { X } from '../components/icons.ts';
import { app } from '../state/app.ts';
import { use_store } from '../lib/store.ts';
import { t } from '../strings.ts';

/** What happened meanwhile: for a while on the screen, once for screen readers. */
export function Announcer() {
  const { notice, spoken } = use_store(app, (x) => ({ notice: x.notice, spoken: x.spoken }));
  return (
    <>
      <div className="toasts" role="status">
        {notice ? (
          <div className="toast" key={notice.number}>
            <span>{notice.text}</span>
            <button type="button" className="toast-close" aria-label={t.dismiss} onClick={() => app.set({ notice: null })}>
              <X size={16} aria-hidden="true" />
            </button>
          </div>
        ) : null}
      </div>
      <div className="unseen" role="log" aria-live="polite">
        {spoken}
      </div>
    </>
  );
}
