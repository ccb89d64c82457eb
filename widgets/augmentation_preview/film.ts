// Pictures that come as files, small ones PNG and others JPEG: decoded beside the page's own work, and the newest wins.

export class Film {
  readonly frames: (ImageBitmap | undefined)[] = [];
  private readonly turns: number[] = [];

  constructor(private readonly came: (at: number) => void) {}

  /** Show a picture in a place; one that is overtaken while it is decoded is never seen. */
  async take(at: number, bytes: DataView): Promise<void> {
    const turn = (this.turns[at] ?? 0) + 1;
    this.turns[at] = turn;
    const type = bytes.getUint8(0) === 0x89 ? "image/png" : "image/jpeg";
    const frame = await createImageBitmap(new Blob([bytes as BlobPart], { type }));
    if (this.turns[at] !== turn) return;
    this.frames[at] = frame;
    this.came(at);
  }
}

export function paint(canvas: HTMLCanvasElement, frame: ImageBitmap | undefined): void {
  if (!frame) return;
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  canvas.getContext("2d")?.drawImage(frame, 0, 0);
}
