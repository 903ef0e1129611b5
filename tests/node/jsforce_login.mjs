// Logs in with the assertion on stdin, and prints who that is and the org's record.
import { text } from 'node:stream/consumers';
import jsforce from 'jsforce';

const [loginUrl] = process.argv.slice(2);
const connection = new jsforce.Connection({ oauth2: { loginUrl } });
const user = await connection.authorize({
  grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  assertion: await text(process.stdin),
});
const { records } = await connection.query('SELECT Id, Name FROM Organization');
const identity = await connection.identity();
console.log(JSON.stringify({ user, records, identity, instanceUrl: connection.instanceUrl }));
