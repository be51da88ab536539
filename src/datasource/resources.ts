import { getBackendSrv, type FetchResponse } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import {
  type AccountHealth,
  type AccountInfo,
  type CollectorState,
  type DetectorDefinition,
  type ForecasterDefinition,
  type VariableKind,
} from './types';

/** Which part of AWS a list is asked for. Empty lists and texts are not sent. */
export interface Scope {
  accounts?: string[];
  regions?: string[];
  namespace?: string;
  metric?: string;
  dimensionKey?: string;
}

/** A list, and the words about accounts that could not answer. */
export interface Listing<T> {
  items: T[];
  notice: string;
}

/** The resources of one data source. Every call rejects with an Error whose message a person can act on. */
export class Resources {
  constructor(private readonly uid: string) {}

  async accounts(): Promise<AccountInfo[]> {
    return (await this.get<AccountInfo[]>('accounts')).data ?? [];
  }

  async accountHealth(account: string): Promise<AccountHealth> {
    return (await this.get<AccountHealth>('account-health', { account: [account] })).data;
  }

  /** What is kept warm, how far a back-fill is, and the newest runs. */
  async collector(): Promise<CollectorState> {
    return (await this.get<CollectorState>('collector')).data;
  }

  /** The detectors to choose from, the default first. */
  async detectors(): Promise<DetectorDefinition[]> {
    return ((await this.get<DetectorDefinition[]>('detectors')).data ?? []).map((one) => ({
      ...one,
      parameters: one.parameters ?? [],
    }));
  }

  /** The forecasters to choose from, the default first. */
  async forecasters(): Promise<ForecasterDefinition[]> {
    return (await this.get<ForecasterDefinition[]>('forecasters')).data ?? [];
  }

  /** Names for a field or a variable; for accounts their aliases. */
  async list(kind: VariableKind, scope: Scope = {}): Promise<Listing<string>> {
    if (kind === 'accounts') {
      return { items: (await this.accounts()).map((account) => account.alias || account.id), notice: '' };
    }
    const response = await this.get<string[]>(kind, parametersOf(kind, scope));
    return { items: response.data ?? [], notice: response.headers?.get('X-Vigia-Notice') ?? '' };
  }

  private async get<T>(path: string, params: Record<string, string[]> = {}): Promise<FetchResponse<T>> {
    const url = `/api/datasources/uid/${encodeURIComponent(this.uid)}/resources/${path}`;
    try {
      // Grafana would announce an answer that has a `message`, such as a failed health, as a success.
      const quiet = { showErrorAlert: false, showSuccessAlert: false };
      return await lastValueFrom(getBackendSrv().fetch<T>({ url, params, ...quiet }));
    } catch (failure) {
      throw new Error(failureText(failure));
    }
  }
}

/** What each list can be narrowed by. */
export const WANTED: Record<VariableKind, Array<keyof Scope>> = {
  accounts: [],
  regions: ['accounts'],
  namespaces: ['accounts', 'regions'],
  metrics: ['accounts', 'regions', 'namespace'],
  'dimension-keys': ['accounts', 'regions', 'namespace', 'metric'],
  'dimension-values': ['accounts', 'regions', 'namespace', 'metric', 'dimensionKey'],
};

const PARAMETER: Record<keyof Scope, string> = {
  accounts: 'account',
  regions: 'region',
  namespace: 'namespace',
  metric: 'metric',
  dimensionKey: 'key',
};

/** The parameters that a resource takes, of all that the scope says. */
export function parametersOf(kind: VariableKind, scope: Scope): Record<string, string[]> {
  const wanted = WANTED[kind].map((field): [string, string[]] => {
    const value = scope[field] ?? [];
    return [PARAMETER[field], (Array.isArray(value) ? value : [value]).filter((text) => text !== '')];
  });
  return Object.fromEntries(wanted.filter(([, values]) => values.length > 0));
}

/** The words of a failed call: the back end's `{"error"}`, Grafana's message, or the status. */
export function failureText(failure: unknown): string {
  if (typeof failure !== 'object' || failure === null) {
    return String(failure);
  }
  const { data, message, status, statusText } = failure as {
    data?: { error?: string; message?: string };
    message?: string;
    status?: number;
    statusText?: string;
  };
  return data?.error || data?.message || message || `${status ?? ''} ${statusText ?? 'request failed'}`.trim();
}
