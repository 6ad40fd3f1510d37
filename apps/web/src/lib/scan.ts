import jsQR from 'jsqr';

/** QR codes in pictures and in what the camera sees. Loaded when it is needed. */

/** Larger ones are drawn smaller first: a code fills more than a speck. */
const largest = 1600;

function read(image: CanvasImageSource, width: number, height: number): string | null {
  const scale = Math.min(1, largest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(pixels.data, pixels.width, pixels.height)?.data || null;
}

export async function code_in_picture(file: Blob): Promise<string | null> {
  const image = await createImageBitmap(file);
  try {
    return read(image, image.width, image.height);
  } finally {
    image.close();
  }
}

/** Looks until a code is found or `signal` says stop. */
export async function code_in_camera(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const found = video.videoWidth > 0 ? read(video, video.videoWidth, video.videoHeight) : null;
      if (found) return found;
      await new Promise((done) => setTimeout(done, 150));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
