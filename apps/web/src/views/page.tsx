import { Notice } from '../components/parts.tsx';
import { app } from '../state/app.ts';
import { use_store } from '../lib/store.ts';
import { t } from '../strings.ts';
import { Gate, LetIn } from './gate.tsx';
import { Login } from './login.tsx';
import { Shell } from './shell.tsx';
import { Announcer } from './announcer.tsx';

/** Which of the four states the page is in. */
export function Page() {
  const { phase, farewell } = use_store(app, (x) => ({ phase: x.phase, farewell: x.farewell }));
  return (
    <>
      {phase === 'starting' ? <Starting /> : null}
      {phase === 'no-session' ? <LetIn /> : null}
      {phase === 'signed-out' ? (
        <Gate>
          {farewell ? <Notice kind="good">{farewell}</Notice> : null}
          <Login />
        </Gate>
      ) : null}
      {phase === 'ready' ? <Shell /> : null}
      <Announcer />
    </>
  );
}

function Starting() {
  const link = use_store(app, (x) => x.link.name);
  return (
    <Gate>
      <div className="starting" role="status">
        <span className="spinner large" aria-hidden="true" />
        <p>{link === 'waiting' ? t.link.away : t.start.connecting}</p>
      </div>
    </Gate>
  );
}
