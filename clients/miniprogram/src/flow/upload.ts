/**
 * A photo on its way: with the form that the API gave for it, kept while it is good, so that after a lost network the
 * same photo goes on with the same form.
 */

import type { components } from "#shared/api";
import { NoConnection } from "#shared/problems";
import { platform } from "#platform";
import { ConnectionLost, type Photo, UploadRefused } from "#platform-types";

interface Ticket {
  readonly upload?: components["schemas"]["Upload"] | null;
}

export class Delivery<T extends Ticket> {
  private ticket: T | null = null;

  /** `request` asks the API for a ticket with a form for this photo; without a photo where any will do. */
  constructor(private readonly request: (photo: Photo | null) => Promise<T>) {}

  /** Ask for the form before there is a photo, so that a person hears first what is in the way. */
  async open(): Promise<T> {
    this.ticket = await this.request(null);
    return this.ticket;
  }

  /** The ticket whose photo has arrived. Throws `ApiProblem` and `NoConnection`. */
  async send(photo: Photo, progress: (percent: number) => void = () => undefined): Promise<T> {
    this.ticket ??= await this.request(photo);
    try {
      await post(this.ticket, photo, progress);
    } catch (error) {
      if (!(error instanceof UploadRefused)) throw lost(error);
      this.ticket = await this.request(photo); // the form has expired
      await post(this.ticket, photo, progress).catch((again: unknown) => {
        throw lost(again);
      });
    }
    const arrived = this.ticket;
    this.ticket = null;
    return arrived;
  }
}

function post(ticket: Ticket, photo: Photo, progress: (percent: number) => void): Promise<void> {
  if (!ticket.upload) return Promise.reject(new UploadRefused("no form"));
  return platform.upload(
    { url: ticket.upload.url, fields: ticket.upload.fields as Record<string, string> },
    photo,
    progress,
  );
}

function lost(error: unknown): unknown {
  return error instanceof ConnectionLost || error instanceof UploadRefused ? new NoConnection(error) : error;
}
