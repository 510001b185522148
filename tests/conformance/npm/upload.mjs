// Uploads one file as an integrator's own program does: node upload.mjs <file> <blob name>
import { BlobServiceClient } from "@azure/storage-blob";

const [file, blobName] = process.argv.slice(2);
const service = BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING);
const uploads = service.getContainerClient("uploads");

await uploads.createIfNotExists();
// Small enough that the test's files go up as several blocks, as large files do.
await uploads.getBlockBlobClient(blobName).uploadFile(file, { blockSize: 64 * 1024, maxSingleShotSize: 1 });
