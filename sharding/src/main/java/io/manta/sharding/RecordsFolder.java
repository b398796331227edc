package io.manta.sharding;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder `records` in a node's state folder: a file for each key, which is replaced as a
/// whole, and an id, by which others know the folder again. One process has it at a time.
final class RecordsFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RecordsFolder.class);
  private static final String FILE = ".data";
  private static final String NEXT = ".next";
  private static final int MAGIC = 0x4d52_4543;
  private static final int FORMAT = 1;
  private static final int HEADER = 16;

  private final Path folder;
  private final FileChannel lock;
  private final String id;

  private RecordsFolder(Path folder, FileChannel lock) throws IOException {
    this.folder = folder;
    this.lock = lock;
    this.id = id(folder);
  }

  /// Opens it, and makes it when it is missing.
  ///
  /// @throws ConfigurationException when another node uses it, or when it can't be written
  static RecordsFolder open(Path stateFolder) {
    Path folder = stateFolder.toAbsolutePath().resolve("records");
    FileChannel lock = null;
    try {
      Files.createDirectories(folder);
      lock =
          FileChannel.open(
              folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!isLocked(lock)) {
        throw new ConfigurationException(
            "the records in %s are used by another node; give each node a state-folder of its own"
                .formatted(folder));
      }
      return new RecordsFolder(folder, lock);
    } catch (IOException e) {
      close(lock);
      throw new ConfigurationException(
          "the records in %s can't be opened: %s; make the folder writable, or set another state-folder"
              .formatted(folder, e),
          e);
    } catch (RuntimeException e) {
      close(lock);
      throw e;
    }
  }

  private static boolean isLocked(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static String id(Path folder) throws IOException {
    String name = "id";
    Path file = folder.resolve(name);
    if (Files.exists(file)) {
      String id = Files.readString(file).strip();
      if (!id.isEmpty()) {
        return id;
      }
    }
    String fresh = UUID.randomUUID().toString();
    replace(folder, name, ByteBuffer.wrap(fresh.getBytes(StandardCharsets.UTF_8)));
    return fresh;
  }

  /// What tells this folder from those of other nodes, as long as it exists.
  String id() {
    return id;
  }

  Path path() {
    return folder;
  }

  /// What was written last, by key.
  ///
  /// @throws ConfigurationException when a file is damaged; names it
  Map<String, byte[]> read() {
    var all = new HashMap<String, byte[]>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.endsWith(FILE)) {
          all.put(name.substring(0, name.length() - FILE.length()), content(file));
        } else if (name.endsWith(NEXT)) {
          LOG.info("{} was not written to its end, when the process ended; it is dropped", file);
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "the records in %s can't be read: %s".formatted(folder, e), e);
    }
    return all;
  }

  private static byte[] content(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
    if (in.remaining() < HEADER || in.getInt() != MAGIC) {
      throw damaged(file, "it is no file of records", null);
    }
    int format = in.getInt();
    if (format != FORMAT) {
      throw damaged(file, "its format is " + format + ", and this build reads " + FORMAT, null);
    }
    int checksum = in.getInt();
    int length = in.getInt();
    if (length != in.remaining()) {
      throw damaged(file, "it has %d bytes of %d".formatted(in.remaining(), length), null);
    }
    if (checksum != checksum(in.duplicate())) {
      throw damaged(file, "its checksum is wrong", null);
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static ConfigurationException damaged(
      Path file, String reason, @Nullable Throwable cause) {
    return new ConfigurationException(
        "the records in %s can't be read: %s. Where other nodes have copies, move the file away and start again; else restore it from a backup, or move it away and create the detached actors and placement groups anew"
            .formatted(file, reason),
        cause);
  }

  /// The content of a key can't be understood.
  ConfigurationException damaged(String key, Throwable cause) {
    return damaged(file(key), String.valueOf(cause.getMessage()), cause);
  }

  Path file(String key) {
    return folder.resolve(key + FILE);
  }

  /// Replaces the content of a key. When it returns, the disk has it; when it throws, the content
  /// is the one before.
  void write(String key, byte[] content) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(HEADER + content.length);
    bytes.putInt(MAGIC).putInt(FORMAT);
    bytes.putInt(checksum(ByteBuffer.wrap(content))).putInt(content.length);
    replace(folder, key + FILE, bytes.put(content).flip());
  }

  private static void replace(Path folder, String name, ByteBuffer content) throws IOException {
    Path next = folder.resolve(name + NEXT);
    try (FileChannel out =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        out.write(content);
      }
      out.force(true);
    }
    Files.move(
        next,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    forceFolder(folder);
  }

  /// So that the new name lasts; not every system can do that.
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      LOG.debug("{} can't be forced to the disk", folder, e);
    }
  }

  private static int checksum(ByteBuffer bytes) {
    var sum = new CRC32C();
    sum.update(bytes);
    return (int) sum.getValue();
  }

  private static void close(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      LOG.debug("a lock was not closed", e);
    }
  }

  @Override
  public void close() {
    close(lock);
  }
}
