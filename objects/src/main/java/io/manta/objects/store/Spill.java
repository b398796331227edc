package io.manta.objects.store;

import io.manta.core.DataSize;
import io.manta.objects.store.Ledger.Count;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A process's objects on disk, many to a file. A file goes when the last of its objects does, so
/// one that lives long keeps the bytes of the others; the quota counts them.
final class Spill {
  /// An object's bytes on disk.
  record Copy(SpillFile file, long offset, long length) {}

  /// Some objects' copies.
  static final class SpillFile {
    private final Path path;
    private final long length;
    private final AtomicInteger copies;

    private SpillFile(Path path, long length, int copies) {
      this.path = path;
      this.length = length;
      this.copies = new AtomicInteger(copies);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(Spill.class);
  private static final long CHUNK = 16L << 20;

  private final StoreConfig config;
  private final HostFolder host;
  private final StoreThread thread;
  private long files;

  /// All work on files is done by the thread.
  Spill(StoreConfig config, HostFolder host, StoreThread thread) {
    this.config = config;
    this.host = host;
    this.thread = thread;
  }

  /// How many more bytes may be written.
  long room() throws IOException {
    FileStore disk = Files.getFileStore(host.spillFolder());
    long free = disk.getUsableSpace() - disk.getTotalSpace() / 20;
    long quota =
        config.spillQuota().map(DataSize::bytes).orElse(Long.MAX_VALUE)
            - host.ledger().sum(Count.SPILLED);
    return Math.max(0, Math.min(free, quota));
  }

  /// Writes objects to a new file, in order. Called on the thread.
  ///
  /// @throws IOException when there is no room for all; then there is no file
  List<Copy> write(List<MemorySegment> objects) throws IOException {
    long length = objects.stream().mapToLong(MemorySegment::byteSize).sum();
    long quota = config.spillQuota().map(DataSize::bytes).orElse(Long.MAX_VALUE);
    if (!host.ledger().tryAdd(host.entry(), Count.SPILLED, length, quota)) {
      throw new IOException(
          "spilled objects would exceed the quota of " + new DataSize(quota) + " on disk");
    }
    Path path = host.spillFolder().resolve("spill-" + host.entry() + "-" + files++);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var file = new SpillFile(path, length, objects.size());
      var copies = new ArrayList<Copy>();
      for (MemorySegment object : objects) {
        copies.add(new Copy(file, channel.position(), object.byteSize()));
        for (long at = 0; at < object.byteSize(); ) {
          ByteBuffer chunk = chunk(object, at);
          while (chunk.hasRemaining()) {
            at += channel.write(chunk);
          }
        }
      }
      return copies;
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(path);
      host.ledger().add(host.entry(), Count.SPILLED, -length);
      throw e;
    }
  }

  /// Reads a copy back. Called on the thread.
  static void read(Copy copy, MemorySegment into) throws IOException {
    try (FileChannel channel = FileChannel.open(copy.file.path, StandardOpenOption.READ)) {
      for (long at = 0; at < copy.length; ) {
        int read = channel.read(chunk(into, at), copy.offset + at);
        if (read < 0) {
          throw new EOFException(copy.file.path + " ends before byte " + (copy.offset + at));
        }
        at += read;
      }
    }
  }

  /// Gives a copy up.
  void delete(Copy copy) {
    if (copy.file.copies.decrementAndGet() == 0) {
      thread.start(() -> deleteFile(copy.file));
    }
  }

  private void deleteFile(SpillFile file) {
    try {
      Files.deleteIfExists(file.path);
      host.ledger().add(host.entry(), Count.SPILLED, -file.length);
    } catch (IOException e) {
      LOG.warn("Could not delete {}; it counts until the store is closed", file.path, e);
    }
  }

  private static ByteBuffer chunk(MemorySegment object, long at) {
    return object.asSlice(at, Math.min(CHUNK, object.byteSize() - at)).asByteBuffer();
  }
}
