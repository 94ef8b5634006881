// What fhir-kit-client sees of the server at argv[2], as one JSON object; argv[3] is a patient's id.
import { Client } from "fhir-kit-client";

const [, , baseUrl, person] = process.argv;
const client = new Client({ baseUrl });
const ids = (bundle) => (bundle.entry ?? []).map((entry) => entry.resource.id);
const system = "http://example.org/ids";
const newcomer = (value) => ({
  resourceType: "Patient",
  identifier: [{ system, value }],
  name: [{ family: "Newcomer" }],
  gender: "female",
});
const saw = {};

saw.fhirVersion = (await client.capabilityStatement()).fhirVersion;
saw.read = (await client.read({ resourceType: "Patient", id: person })).id;

saw.pages = [];
let page = await client.search({ resourceType: "Observation", searchParams: { patient: person, _count: 5 } });
while (page) {
  saw.pages.push(ids(page));
  page = await client.nextPage({ bundle: page });
}
saw.posted = ids(
  await client.search({
    resourceType: "Observation",
    searchParams: { patient: person, _count: 500 },
    options: { postSearch: true },
  }),
);
saw.patients = (await client.search({ resourceType: "Patient", searchParams: { _summary: "count" } })).total;

const once = { headers: { "If-None-Exist": `identifier=${system}|1` } };
const create = (options) => client.create({ resourceType: "Patient", body: newcomer("1"), options });
const made = await create(once);
const again = await create(once);
saw.created = Client.httpFor(made).response.status;
saw.again = Client.httpFor(again).response.status;
saw.sameId = made.id === again.id;

const { id } = made;
const body = { ...newcomer("1"), id, active: true };
saw.updated = (await client.update({ resourceType: "Patient", id, body })).meta.versionId;
const jsonPatch = [{ op: "replace", path: "/active", value: false }];
saw.patched = (await client.patch({ resourceType: "Patient", id, jsonPatch })).meta.versionId;
saw.history = (await client.history({ resourceType: "Patient", id })).entry.length;

const put = (fullUrl, resource) => ({ fullUrl, resource, request: { method: "POST", url: resource.resourceType } });
const reply = await client.transaction({
  body: {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      put("urn:uuid:7a3f0c52-6d0e-4c1b-8d3e-1f1f4f1c9a01", newcomer("2")),
      put("urn:uuid:7a3f0c52-6d0e-4c1b-8d3e-1f1f4f1c9a02", {
        resourceType: "Observation",
        status: "final",
        code: { text: "Height" },
        subject: { reference: "urn:uuid:7a3f0c52-6d0e-4c1b-8d3e-1f1f4f1c9a01" },
      }),
    ],
  },
});
saw.transaction = reply.entry.map((entry) => entry.response.status);

await client.delete({ resourceType: "Patient", id });
saw.gone = await client.read({ resourceType: "Patient", id }).then(
  () => 200,
  (error) => error.response.status,
);
console.log(JSON.stringify(saw));
