package io.manta.objects.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file of this process's that holds objects, and its mapping.
final class Segment {
  private static final int CHUNK = 1 << 20;

  private final Path file;
  private final long number;
  private final boolean shared;
  private final Mapping mapping;

  Segment(Path file, long number, boolean shared, Mapping mapping) {
    this.file = file;
    this.number = number;
    this.shared = shared;
    this.mapping = mapping;
  }

  /// Makes one. Its bytes are written before they are mapped: without room for them this fails, and
  /// no access to the mapping ever can. Then each page is touched, so that no writer waits for it.
  static Segment create(Path file, long number, boolean shared, long length) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      long room = Files.getFileStore(file).getUsableSpace();
      if (room < length) {
        throw new IOException(room + " bytes are left on the file system of " + file);
      }
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(CHUNK, length));
      for (long written = 0; written < length; ) {
        zeros.clear().limit((int) Math.min(CHUNK, length - written));
        written += channel.write(zeros);
      }
      var mapping = new Mapping(channel, FileChannel.MapMode.READ_WRITE);
      mapping.load();
      return new Segment(file, number, shared, mapping);
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  String name() {
    return String.valueOf(file.getFileName());
  }

  long number() {
    return number;
  }

  /// Whether it is for small objects, many together.
  boolean shared() {
    return shared;
  }

  Mapping mapping() {
    return mapping;
  }

  long length() {
    return mapping.length();
  }

  /// Removes the file. Views of this process and others stay.
  void delete() throws IOException {
    Files.deleteIfExists(file);
    mapping.release();
  }
}
