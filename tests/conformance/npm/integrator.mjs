// The integration recipe that clients were first given, as a program:
//   node integrator.mjs <file> <result>
// It adds one thing: until the blob trigger has seen the upload, the job is unknown (404); poll on.
import { BlobServiceClient } from "@azure/storage-blob";
import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const MEDIA_API_KEY = process.env.MEDIA_COMPRESSION_API_KEY;
const MEDIA_API_URL = process.env.MEDIA_API_URL;

async function uploadToBlob(file, blobName) {
  const service = BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING);
  const uploads = service.getContainerClient("uploads");
  await uploads.createIfNotExists();
  await uploads.getBlockBlobClient(blobName).uploadFile(file);
}

async function checkProcessingStatus(blobName) {
  const response = await fetch(`${MEDIA_API_URL}/status?blob_name=${blobName}`, {
    headers: { "X-API-Key": MEDIA_API_KEY },
  });
  const status = await response.json();

  switch (status.status) {
    case 404:
    case "queued":
    case "processing":
      await pause(2000);
      return checkProcessingStatus(blobName);
    default:
      return status;
  }
}

const [file, result] = process.argv.slice(2);
const blobName = `upload-${Date.now()}${extname(file)}`;
await uploadToBlob(file, blobName);
const status = await checkProcessingStatus(blobName);
const blob = await fetch(status.output_url).then((r) => r.blob());
await writeFile(result, Buffer.from(await blob.arrayBuffer()));
console.log(JSON.stringify({ ...status, type: blob.type }));
