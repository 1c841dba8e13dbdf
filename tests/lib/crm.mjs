// Pipedrive and HubSpot on loopback, as far as LeadBoard talks to them: state, validation, paging, limits and a
// search whose index lags behind. Both behind one TLS port, told apart by the host that is asked for.
//
//   const crm = await startCrms();      crm.env for startStack
//   crm.pipedrive.organizations         Map of what is there
//   crm.plain                           address without TLS, for clients that read back
//   crm.fault = (call) => 'commit-drop'            done, but the connection is cut before the answer
//                       | 'drop'                   cut before it is done
//                       | { status, headers, body, commit }     this is answered; with commit it is done all the same
//                       | undefined                nothing special
// A fault may be a promise: the answer waits for it.

import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { makeCertificate } from './certificate.mjs';

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
class Refusal extends Error {
    constructor(status, body, headers) {
        super(`${status}`);
        Object.assign(this, { status, body, headers });
    }
}

// ---- Pipedrive ----

const organizationKeys = ['name', 'owner_id', 'add_time', 'visible_to', 'label_ids', 'address', 'website', 'linkedin', 'industry', 'annual_revenue', 'employee_count', 'custom_fields'];
const personKeys = ['name', 'owner_id', 'org_id', 'add_time', 'emails', 'phones', 'visible_to', 'label_ids', 'notes', 'im', 'birthday', 'job_title', 'marketing_status', 'custom_fields'];
const dealKeys = ['title', 'owner_id', 'person_id', 'org_id', 'pipeline_id', 'stage_id', 'value', 'currency', 'status', 'visible_to', 'custom_fields'];
const activityKeys = ['subject', 'type', 'owner_id', 'deal_id', 'lead_id', 'org_id', 'due_date', 'due_time', 'done', 'participants', 'note', 'public_description'];
const leadKeys = ['title', 'owner_id', 'label_ids', 'person_id', 'organization_id', 'value', 'expected_close_date', 'visible_to', 'was_seen', 'origin_id', 'channel', 'channel_id'];
const numbers = new Set(['owner_id', 'org_id', 'person_id', 'organization_id', 'pipeline_id', 'stage_id', 'deal_id', 'industry', 'annual_revenue', 'employee_count', 'value']);

export class Pipedrive {
    token = 'pd-token-5b1c8e7a90';
    lag = 0; // milliseconds until a search finds what was added
    organizations = new Map();
    persons = new Map();
    deals = new Map();
    activities = new Map();
    leads = new Map();
    fields = { organizationFields: [], personFields: [], dealFields: [] };
    refused = new Set(); // keys that no value suits
    tokens = 0;
    next = 100;

    #fail(message, status = 400) {
        throw new Refusal(status, { success: false, error: message, error_info: 'Please check developers.pipedrive.com for more information.' });
    }

    #check(body, keys, fields) {
        for (const [key, value] of Object.entries(body)) {
            if (!keys.includes(key)) {
                this.#fail(`Validation failed: ${key}: unknown field`);
            }
            if (numbers.has(key) && value !== null && typeof value !== 'number') {
                this.#fail(`Validation failed: ${key}: must be a number`);
            }
            if (this.refused.has(key)) {
                this.#fail(`Validation failed: ${key}: value is not allowed`);
            }
        }
        for (const [key, value] of Object.entries(body.custom_fields ?? {})) {
            const field = this.fields[fields]?.find(({ field_code }) => field_code === key);
            if (!field || this.refused.has(key)) {
                this.#fail(`Validation failed: custom_fields.${key}: ${field ? 'value is not allowed' : 'unknown field'}`);
            }
            if ((field.field_type === 'double') !== (typeof value === 'number')) {
                this.#fail(`Validation failed: custom_fields.${key}: expected ${field.field_type}`);
            }
        }
    }

    #list(all, query) {
        let list = [...all.values()].filter((item) => !item.is_deleted);
        for (const key of ['org_id', 'person_id', 'organization_id', 'deal_id']) {
            if (query.has(key)) {
                list = list.filter((item) => String(item[key]) === query.get(key));
            }
        }
        if (query.has('updated_since')) {
            if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(query.get('updated_since'))) {
                this.#fail('updated_since must be RFC3339');
            }
            list = list.filter(({ update_time }) => update_time >= query.get('updated_since'));
        }
        const by = query.get('sort_by') ?? 'id';
        list.sort((a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : a.order - b.order));
        if (query.get('sort_direction') === 'desc') {
            list.reverse();
        }
        const limit = Math.min(Number(query.get('limit') ?? 100), 500);
        const start = Number(Buffer.from(query.get('cursor') ?? '', 'base64').toString() || 0);
        const page = list.slice(start, start + limit).map(({ order, indexed, ...item }) => item);
        const next = start + limit < list.length ? Buffer.from(String(start + limit)).toString('base64') : null;
        return { success: true, data: page, additional_data: { next_cursor: next } };
    }

    #search(all, query, kind) {
        const term = query.get('term')?.toLowerCase() ?? '';
        const exact = query.get('exact_match') === 'true';
        if (term.length < (exact ? 1 : 2)) {
            this.#fail('term is too short');
        }
        const texts = (item) => ({
            name: [item.name],
            email: (item.emails ?? []).map(({ value }) => value),
            custom_fields: Object.values(item.custom_fields ?? {}).map(String),
        })[query.get('fields')] ?? this.#fail('unknown fields');
        const items = [...all.values()].filter((item) => !item.is_deleted && item.indexed <= Date.now() &&
            texts(item).some((text) => exact ? text.toLowerCase() === term : text.toLowerCase().includes(term)))
            .map((item) => ({ result_score: 1, item: { id: item.id, type: kind, name: item.name,
                custom_fields: Object.values(item.custom_fields ?? {}).filter((value) => typeof value === 'string'), emails: (item.emails ?? []).map(({ value }) => value),
                organization: item.org_id ? { id: item.org_id, name: this.organizations.get(item.org_id)?.name } : null } }));
        return { success: true, data: { items: items.slice(0, Number(query.get('limit') ?? 100)) }, additional_data: { next_cursor: null } };
    }

    #add(all, body, id = this.next++) {
        const item = { id, ...body, custom_fields: { ...body.custom_fields }, add_time: now(), update_time: now(), order: this.next, indexed: Date.now() + this.lag };
        all.set(id, item);
        return { success: true, data: item };
    }

    #change(all, id, body) {
        const item = all.get(id);
        if (!item || item.is_deleted) {
            this.#fail('Not found', 404);
        }
        Object.assign(item, body, { custom_fields: { ...item.custom_fields, ...body.custom_fields }, update_time: now(), indexed: Date.now() + this.lag });
        return { success: true, data: item };
    }

    addOrganization(name, more = {}) {
        return this.#add(this.organizations, { name, ...more }).data;
    }

    addPerson(name, email, more = {}) {
        return this.#add(this.persons, { name, emails: [{ value: email, primary: true }], ...more }).data;
    }

    addField(of, field_name, field_type = 'varchar') {
        const field = { field_name, field_code: randomBytes(20).toString('hex'), field_type, is_custom_field: true };
        this.fields[of].push(field);
        return field.field_code;
    }

    answer({ method, path, query, body, headers }) {
        if (headers['x-api-token'] !== this.token) {
            throw new Refusal(401, { success: false, error: 'unauthorized access', errorCode: 401 });
        }
        const [, , version, what, id] = /^(\/api\/(v2)|\/(v1))/.test(path) ? ['', '', ...path.replace(/^\/api/, '').split('/').slice(1)] : [];
        const kinds = {
            organizations: [this.organizations, organizationKeys, 'organizationFields', 'organization', 'name'],
            persons: [this.persons, personKeys, 'personFields', 'person', 'name'],
            deals: [this.deals, dealKeys, 'dealFields', 'deal', 'title'],
            activities: [this.activities, activityKeys, 'none', 'activity', 'subject'],
        };
        if (version === 'v1' && what === 'users' && id === 'me') {
            return { success: true, data: { id: 1, name: 'Bot', company_name: 'Acme Sales', company_domain: 'acme' } };
        }
        if (version === 'v1' && what === 'leads') {
            if (method === 'GET') {
                return this.#list(this.leads, query);
            }
            this.#check(body, leadKeys, 'none');
            if (!body.title || !(body.person_id || body.organization_id)) {
                this.#fail('A lead must be linked to a person or an organization');
            }
            return this.#add(this.leads, body, `${randomBytes(4).toString('hex')}-${randomBytes(2).toString('hex')}-4000-8000-${randomBytes(6).toString('hex')}`);
        }
        if (version !== 'v2') {
            this.#fail('Unknown method', 404);
        }
        if (what in this.fields) {
            if (method === 'GET') {
                return { success: true, data: this.fields[what], additional_data: { next_cursor: null } };
            }
            const code = this.addField(what, body.field_name, body.field_type);
            return { success: true, data: this.fields[what].find(({ field_code }) => field_code === code) };
        }
        const kind = kinds[what] ?? this.#fail('Unknown method', 404);
        if (method === 'GET') {
            if (id === 'search') {
                return this.#search(kind[0], query, kind[3]);
            }
            if (id) {
                return { success: true, data: kind[0].get(Number(id)) ?? this.#fail('Not found', 404) };
            }
            return this.#list(kind[0], query);
        }
        this.#check(body, kind[1], kind[2]);
        if (method === 'PATCH') {
            return this.#change(kind[0], Number(id), body);
        }
        if (!body[kind[4]]) {
            this.#fail(`${kind[4]} is required`);
        }
        if (body.org_id && !this.organizations.has(body.org_id)) {
            this.#fail('org_id: not found');
        }
        return this.#add(kind[0], body);
    }
}

// ---- HubSpot ----

export class HubSpot {
    token = 'pat-eu1-7c1f0e55aa';
    lag = 0;
    companies = new Map();
    contacts = new Map();
    associations = new Set();
    next = 9000;
    properties = {
        companies: ['name', 'domain', 'description', 'country', 'city', 'phone', 'numberofemployees', 'industry'].map((name) => ({ name, label: name })),
        contacts: ['email', 'firstname', 'lastname', 'phone', 'jobtitle'].map((name) => ({ name, label: name })),
    };
    refused = {}; // property: values that are none

    #fail(message, status = 400, category = 'VALIDATION_ERROR') {
        throw new Refusal(status, { status: 'error', message, category, correlationId: randomBytes(8).toString('hex') });
    }

    #wrong(of, values) {
        for (const [name, value] of Object.entries(values)) {
            const known = this.properties[of].find((property) => property.name === name);
            const bad = this.refused[name] === '*' || this.refused[name] === value;
            if (!known || bad) {
                return `Property values were not valid: [{"isValid":false,"message":"${known ? `${value} was not one of the allowed options` : `Property \\"${name}\\" does not exist`}","error":"${known ? 'INVALID_OPTION' : 'PROPERTY_DOESNT_EXIST'}","name":"${name}"}]`;
            }
            if (name === 'email' && !/^[^@\s]+@[^@\s]+\.[a-z]{2,}$/i.test(value)) {
                return `Property values were not valid: [{"isValid":false,"message":"Email address ${value} is invalid","error":"INVALID_EMAIL","name":"email"}]`;
            }
        }
        return null;
    }

    #unique(of, name) {
        return (of === 'contacts' && name === 'email') || this.properties[of].find((property) => property.name === name)?.hasUniqueValue;
    }

    #write(of, id, values) {
        for (const [name, value] of Object.entries(values)) {
            const holder = this.#unique(of, name) && [...this[of].values()].find((item) => item.properties[name] === value && item.id !== id);
            if (holder) {
                this.#fail(`${name} ${value} is already used by ${holder.id}`, 409, 'CONFLICT');
            }
        }
        const item = this[of].get(id) ?? { id, properties: { createdate: now() }, createdAt: now() };
        Object.assign(item.properties, values);
        Object.assign(item, { updatedAt: now(), indexed: Date.now() + this.lag });
        this[of].set(id, item);
        return { id, properties: { ...item.properties }, createdAt: item.createdAt, updatedAt: item.updatedAt, archived: false };
    }

    add(of, values) {
        return this.#write(of, String(this.next++), values);
    }

    #upsert(of, { id, idProperty, properties }) {
        if (!this.#unique(of, idProperty)) {
            this.#fail(`${idProperty} is not a unique property`);
        }
        const wrong = this.#wrong(of, properties);
        if (wrong) {
            return { error: { status: 'error', category: 'VALIDATION_ERROR', message: wrong, context: { id: [id] } } };
        }
        const holder = [...this[of].values()].find((item) => item.properties[idProperty] === id);
        return { result: { ...this.#write(of, holder?.id ?? String(this.next++), { [idProperty]: id, ...properties }), new: !holder } };
    }

    answer({ method, path, body, headers }) {
        if (headers.authorization !== `Bearer ${this.token}`) {
            this.#fail('Authentication credentials not found.', 401, 'INVALID_AUTHENTICATION');
        }
        const [, part, of, rest] = /^\/crm\/(?:v3\/(objects|properties)|(?:objects|properties)\/2026-03)\/(companies|contacts)(?:\/(.*))?$/.exec(path) ?? [];
        if (/associations\/.*contacts\/companies\/batch\/associate\/default$/.test(path)) {
            body.inputs.forEach(({ from, to }) => {
                if (!this.contacts.has(from.id) || !this.companies.has(to.id)) {
                    this.#fail('No such object', 404);
                }
                this.associations.add(`${from.id}-${to.id}`);
            });
            return { status: 'COMPLETE', results: [], startedAt: now(), completedAt: now() };
        }
        const isProperties = part === 'properties' || path.startsWith('/crm/properties/');
        if (!of) {
            this.#fail('Not found', 404);
        }
        if (isProperties) {
            if (method === 'POST') {
                if (this.properties[of].some(({ name }) => name === body.name)) {
                    this.#fail(`${body.name} already exists`, 409, 'CONFLICT');
                }
                this.properties[of].push(body);
                return body;
            }
            return rest ? this.properties[of].find(({ name }) => name === rest) ?? this.#fail('no such property', 404) : { results: this.properties[of] };
        }
        if (rest === 'search') {
            const [{ propertyName, value }] = body.filterGroups[0].filters;
            const results = [...this[of].values()].filter((item) => item.indexed <= Date.now() && item.properties[propertyName] === value);
            return { total: results.length, results: results.slice(0, body.limit) };
        }
        if (rest === 'batch/upsert') {
            const rows = body.inputs.map((input) => this.#upsert(of, input));
            const errors = rows.filter(({ error }) => error).map(({ error }) => error);
            const results = rows.filter(({ result }) => result).map(({ result }) => result).reverse();
            const answer = { status: 'COMPLETE', results, startedAt: now(), completedAt: now() };
            if (errors.length > 0) {
                throw new Refusal(207, { ...answer, numErrors: errors.length, errors });
            }
            return answer;
        }
        if (method === 'PATCH') {
            if (!this[of].has(rest)) {
                this.#fail('resource not found', 404, 'OBJECT_NOT_FOUND');
            }
            const wrong = this.#wrong(of, body.properties);
            return wrong ? this.#fail(wrong) : this.#write(of, rest, body.properties);
        }
        return method === 'GET' && this[of].get(rest) || this.#fail('Not found', 404);
    }
}

// ---- both ----

export async function startCrms() {
    const certificate = makeCertificate(['api.pipedrive.com', 'api.hubapi.com', 'localhost']);
    const crm = { pipedrive: new Pipedrive(), hubspot: new HubSpot(), calls: [], fault: () => undefined };
    const hosts = { 'api.pipedrive.com': crm.pipedrive, 'api.hubapi.com': crm.hubspot };
    const handle = async (request, response, text) => {
        const url = new URL(request.url, 'https://x');
        const call = { host: request.headers.host, method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers,
            body: text ? JSON.parse(text) : undefined };
        crm.calls.push(call);
        const service = hosts[call.host] ?? (url.pathname.startsWith('/crm') ? crm.hubspot : crm.pipedrive);
        const fault = await crm.fault(call);
        if (fault === 'drop') {
            request.socket.destroy();
            return;
        }
        let status = 200;
        let answer;
        let headers = {};
        if (fault === undefined || fault === 'commit-drop' || fault?.commit) {
            try {
                answer = service.answer(call);
                status = request.method === 'POST' && !/search|batch/.test(url.pathname) ? 201 : 200;
            } catch (error) {
                if (!(error instanceof Refusal)) {
                    throw error;
                }
                ({ status, body: answer, headers = {} } = error);
            }
        }
        if (fault === 'commit-drop') {
            request.socket.destroy();
            return;
        }
        if (fault) {
            status = fault.status;
            headers = fault.headers ?? {};
            answer = fault.body ?? '';
        }
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    };
    const serve = (request, response) => {
        const chunks = [];
        request.on('error', () => {});
        response.on('error', () => {});
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => handle(request, response, Buffer.concat(chunks).toString()).catch((error) => {
            response.writeHead(500).end(String(error.stack));
        }));
    };
    const server = createServer({ key: certificate.key, cert: certificate.cert }, serve);
    const plain = createPlain(serve);
    await Promise.all([server, plain].map((one) => new Promise((resolve) => one.listen(0, '127.0.0.1', resolve))));
    const { port } = server.address();
    return Object.assign(crm, {
        plain: `http://localhost:${plain.address().port}`,
        env: { FETCH_CONNECT_TO: `127.0.0.1:${port}`, FETCH_CA_FILE: certificate.caFile },
        stop: () => {
            for (const one of [server, plain]) {
                one.closeAllConnections();
                one.close();
            }
            certificate.remove();
        },
    });
}
