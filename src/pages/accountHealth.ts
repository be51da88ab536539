import { type AccountInfo } from '../datasource/types';
import { type Resources } from '../datasource/resources';

/** One row of the health table. */
export interface HealthRow {
  id: string;
  alias: string;
  role: string;
  regions: string[];
  state: 'checking' | 'ok' | 'failed';
  message: string;
  simulated: boolean;
}

/** A row before its account was asked. */
export const pendingRow = (account: AccountInfo): HealthRow => ({
  id: account.id,
  alias: account.alias,
  role: account.roleArn,
  regions: account.regions ?? [],
  state: 'checking',
  message: '',
  simulated: account.simulated,
});

/** The row of an account that was asked. A call that fails is a failed account, with the failure's words. */
export async function checkedRow(row: HealthRow, resources: Pick<Resources, 'accountHealth'>): Promise<HealthRow> {
  try {
    const { ok, message, role, simulated } = await resources.accountHealth(row.id);
    return { ...row, state: ok ? 'ok' : 'failed', message, role: role || row.role, simulated };
  } catch (failure) {
    return { ...row, state: 'failed', message: (failure as Error).message };
  }
}

/** How an account's role reads in a table: its name, without the ARN around it. */
export const roleName = (arn: string): string => (arn === '' ? 'own credentials' : arn.replace(/^arn:[^/]*role\//, ''));
