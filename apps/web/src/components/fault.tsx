import { Component, type ReactNode } from 'react';
import { t } from '../strings.ts';

/** What is shown where the page itself has a fault: never a white screen. */
export class Fault extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="gate">
        <div className="gate-card">
          <h1>{t.errors.title}</h1>
          <p>{t.errors.crashed}</p>
          <button type="button" className="button primary" onClick={() => window.location.reload()}>
            {t.errors.reload}
          </button>
        </div>
      </main>
    );
  }
}
