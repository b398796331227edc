package io.manta.objects.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The segments of the host's other stores that this process has mapped to read. Mapped once, and
/// kept until the file is gone and no view is left.
final class Neighbours {
  private static final Pattern NAME = Pattern.compile("segment-[0-9]{1,4}-[0-9]{1,19}");

  private final HostFolder host;
  private final StoreThread thread;
  private final ReentrantLock lock = new ReentrantLock();
  // guarded by lock
  private final Map<String, Mapping> mappings = new HashMap<>();

  Neighbours(HostFolder host, StoreThread thread) {
    this.host = host;
    this.thread = thread;
  }

  /// A view of an object, or nothing when its segment is gone.
  Optional<MemorySegment> view(Location location, Runnable unreachable) {
    Optional<MemorySegment> view = viewMapped(location, unreachable);
    return view.isPresent() || !map(location.segment()) ? view : viewMapped(location, unreachable);
  }

  private Optional<MemorySegment> viewMapped(Location location, Runnable unreachable) {
    lock.lock();
    try {
      return Optional.ofNullable(mappings.get(location.segment()))
          .map(mapping -> mapping.view(location.offset(), location.length(), unreachable));
    } finally {
      lock.unlock();
    }
  }

  /// Says whether there is such a segment.
  private boolean map(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + name + "' is not the name of a segment");
    }
    try {
      return thread.call(
          () -> {
            Path file = host.folder().resolve(name);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
              var mapping = new Mapping(channel, FileChannel.MapMode.READ_ONLY);
              @Nullable Mapping other = putIfAbsent(name, mapping);
              if (other != null) {
                mapping.release();
              }
              return true;
            } catch (NoSuchFileException e) {
              return false;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable Mapping putIfAbsent(String name, Mapping mapping) {
    lock.lock();
    try {
      return mappings.putIfAbsent(name, mapping);
    } finally {
      lock.unlock();
    }
  }

  /// Whether a view of another's object is left.
  boolean isViewed() {
    lock.lock();
    try {
      return mappings.values().stream().anyMatch(Mapping::isViewed);
    } finally {
      lock.unlock();
    }
  }

  /// Unmaps segments whose file is gone, so that the system can have their memory.
  void trim() {
    trim(false);
  }

  void close() {
    trim(true);
  }

  private void trim(boolean all) {
    lock.lock();
    try {
      mappings
          .entrySet()
          .removeIf(
              entry -> {
                boolean remove = all || !Files.exists(host.folder().resolve(entry.getKey()));
                if (remove) {
                  entry.getValue().release();
                }
                return remove;
              });
    } finally {
      lock.unlock();
    }
  }
}
