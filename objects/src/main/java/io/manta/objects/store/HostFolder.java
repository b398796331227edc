package io.manta.objects.store;

import io.manta.core.ConfigurationException;
import io.manta.core.DataSize;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;

/// A store's place among those of its host: an entry in the ledger, claimed by a lock on a file
/// that the system gives up when the process ends, however it ends. Whoever finds an entry without
/// its lock removes the dead process's files and clears the entry.
///
/// Entries change hands behind a door: a lock on one more file, and one within this process, as
/// file locks belong to processes. For the same reason no file whose lock this process holds is
/// opened a second time: closing it would give up the lock.
final class HostFolder {
  private static final ReentrantLock DOOR = new ReentrantLock();
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final Path spillFolder;
  private final Ledger ledger;
  private final int entry;
  private final Path lockFile;
  private final FileChannel lock;

  private HostFolder(
      Path folder, Path spillFolder, Ledger ledger, int entry, Path lockFile, FileChannel lock) {
    this.folder = folder;
    this.spillFolder = spillFolder;
    this.ledger = ledger;
    this.entry = entry;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  static HostFolder open(StoreConfig config) throws IOException {
    Path folder = createPrivate(config.folder());
    // Two hosts may spill to one disk.
    Path spillFolder =
        createPrivate(config.spillFolder())
            .resolve(Integer.toHexString(folder.toString().hashCode()));
    return throughDoor(folder, () -> claim(config, folder, spillFolder));
  }

  private static HostFolder claim(StoreConfig config, Path folder, Path spillFolder)
      throws IOException {
    createPrivate(spillFolder);
    int free = -1;
    boolean inUse = false;
    for (int entry = Ledger.ENTRIES - 1; entry >= 0; entry--) {
      if (isAlive(lockFile(folder, entry))) {
        inUse = true;
      } else {
        free = entry;
      }
    }
    if (free < 0) {
      throw new ConfigurationException(
          Ledger.ENTRIES
              + " processes use the store in "
              + folder
              + ", which is the limit; give some another folder");
    }
    Path lockFile = lockFile(folder, free);
    FileChannel channel =
        FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      channel.lock();
      Ledger ledger = ledger(config, folder, spillFolder, inUse);
      HELD.add(lockFile);
      var claimed = new HostFolder(folder, spillFolder, ledger, free, lockFile, channel);
      claimed.clear(free);
      claimed.sweepEntries();
      return claimed;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static Ledger ledger(StoreConfig config, Path folder, Path spillFolder, boolean inUse)
      throws IOException {
    Path file = folder.resolve("ledger");
    if (inUse && Files.exists(file)) {
      Ledger ledger = Ledger.open(file);
      config
          .capacity()
          .filter(asked -> asked.bytes() != ledger.capacity())
          .ifPresent(
              asked -> {
                throw new ConfigurationException(
                    String.format(
                        "the store in %s is in use with a capacity of %s, not %s; leave the"
                            + " capacity out, or name another folder",
                        folder, new DataSize(ledger.capacity()), asked));
              });
      return ledger;
    }
    Files.deleteIfExists(file);
    deleteFiles(folder, "segment-");
    deleteFiles(spillFolder, "spill-");
    long capacity =
        config.capacity().isPresent()
            ? config.capacity().get().bytes()
            : Math.min(
                StoreConfig.defaultCapacity(),
                Files.getFileStore(folder).getUsableSpace() / 10 * 9);
    return Ledger.create(file, ThreadLocalRandom.current().nextLong(), capacity);
  }

  Path folder() {
    return folder;
  }

  Path spillFolder() {
    return spillFolder;
  }

  Ledger ledger() {
    return ledger;
  }

  /// The number of this store's entry in the ledger; the names of its files begin with it.
  int entry() {
    return entry;
  }

  Path segmentFile(long number) {
    return folder.resolve("segment-" + entry + "-" + number);
  }

  /// Removes what dead processes left; says whether there was anything.
  boolean sweep() throws IOException {
    return throughDoor(folder, this::sweepEntries);
  }

  private boolean sweepEntries() throws IOException {
    boolean swept = false;
    for (int other = 0; other < Ledger.ENTRIES; other++) {
      if (other != entry && !ledger.isClear(other) && !isAlive(lockFile(folder, other))) {
        remove(other);
        swept = true;
      }
    }
    return swept;
  }

  private void remove(int dead) throws IOException {
    clear(dead);
    Files.deleteIfExists(lockFile(folder, dead));
  }

  private void clear(int unused) throws IOException {
    deleteFiles(folder, "segment-" + unused + "-");
    deleteFiles(spillFolder, "spill-" + unused + "-");
    ledger.clear(unused);
  }

  /// Removes this store's files and gives its entry back. What others have mapped stays mapped.
  void close() throws IOException {
    boolean closed =
        throughDoor(
            folder,
            () -> {
              remove(entry);
              HELD.remove(lockFile);
              lock.close();
              return true;
            });
    assert closed;
  }

  private static Path lockFile(Path folder, int entry) {
    return folder.resolve("process-" + entry);
  }

  /// Called behind the door only: nobody takes or gives a lock meanwhile but by dying.
  private static boolean isAlive(Path lockFile) throws IOException {
    if (HELD.contains(lockFile)) {
      return true;
    }
    if (!Files.exists(lockFile)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        FileLock got = channel.tryLock()) {
      return got == null;
    }
  }

  /// A folder that is this user's alone: others could otherwise read values or plant files.
  private static Path createPrivate(Path path) throws IOException {
    Files.createDirectories(path.toAbsolutePath().resolveSibling(""));
    boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
    try {
      if (posix) {
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(path);
      }
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new ConfigurationException(path + " is not a folder; name another for the store", e);
      }
    }
    if (posix) {
      Path own = Files.createTempFile(path, "owner-", "");
      UserPrincipal owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS);
      boolean mine = Files.getOwner(own).equals(owner);
      Files.delete(own);
      if (!mine) {
        throw new ConfigurationException(
            path + " belongs to " + owner.getName() + "; name another folder for the store");
      }
    }
    return path.toRealPath();
  }

  private static void deleteFiles(Path folder, String prefix) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, prefix + "*")) {
      found.forEach(files::add);
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  private static <T> T throughDoor(Path folder, Action<T> action) throws IOException {
    DOOR.lock();
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve("door"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      return action.run();
    } finally {
      DOOR.unlock();
    }
  }
}
