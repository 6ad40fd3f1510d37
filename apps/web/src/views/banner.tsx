import { CloudOff, PlugZap } from '../components/icons.ts';
import { useEffect, useState } from 'react';
import { Button } from '../components/parts.tsx';
import { link_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app, client } from '../state/app.ts';
import { t } from '../strings.ts';

/** Shorter losses are nobody's business. */
const patience_ms = 700;

/** Says that the node, or the archive, is not there; nothing when all is well. */
export function Banner() {
  const { link, apart } = use_store(app, (x) => ({ link: x.link, apart: x.status?.bridgeConnected === false }));
  const away = link.name !== 'open';
  const long_away = use_late(away, patience_ms);
  const long_apart = use_late(apart && !away, 2_500);
  if (away && long_away)
    return (
      <div className="banner warn" role="status">
        <PlugZap size={18} aria-hidden="true" />
        <p>
          <strong>{t.link.away}</strong> {t.link.kept} {link.name === 'waiting' ? <Countdown until={link.retryAt} /> : null}
        </p>
        <Button look="quiet" onClick={() => client.retry()}>
          {t.link.retryNow}
        </Button>
      </div>
    );
  if (long_apart)
    return (
      <div className="banner hint" role="status">
        <CloudOff size={18} aria-hidden="true" />
        <p>{t.link.archiveAway}</p>
        <a className="button quiet" href={link_to('sync')}>
          {t.link.why}
        </a>
      </div>
    );
  return null;
}

/** True once it was true for so long. */
function use_late(now: boolean, ms: number): boolean {
  const [late, set_late] = useState(false);
  useEffect(() => {
    if (!now) return set_late(false);
    const timer = setTimeout(() => set_late(true), ms);
    return () => clearTimeout(timer);
  }, [now, ms]);
  return late && now;
}

function Countdown({ until }: { until: number }) {
  const [now, set_now] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => set_now(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <span aria-hidden="true">{t.link.retryIn(Math.max(0, Math.ceil((until - now) / 1000)))}</span>;
}
