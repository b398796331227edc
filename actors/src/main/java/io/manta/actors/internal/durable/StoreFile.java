package io.manta.actors.internal.durable;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.StringDataType;
import org.jspecify.annotations.Nullable;

/// A store's file, or memory where there is no folder. One process has it open at a time.
///
/// The map `about` has the store's id and run, and what it knows of others; `heads` has a head for
/// each key; `parts` has the snapshot and the events of each, under the key and a suffix.
final class StoreFile implements Disk {
  /// Of commits: then pages with much garbage are written anew.
  private static final int COMPACT_EVERY = 256;

  private static final int FILL_PERCENT = 60;
  private static final int COMPACT_BYTES = 4 << 20;
  private static final int CACHE_MEGABYTES = 8;
  private static final Duration RETENTION = Duration.ofSeconds(45);
  private static final char SEPARATOR = '\0';

  private final MVStore file;
  private final @Nullable Path path;
  private final MVMap<String, String> about;
  private final MVMap<String, byte[]> heads;
  private final MVMap<String, byte[]> parts;
  private final Life life;
  private int commits;

  private StoreFile(MVStore file, @Nullable Path path) {
    this.file = file;
    this.path = path;
    this.about = file.openMap("about");
    this.heads = file.openMap("heads", bytes());
    this.parts = file.openMap("parts", bytes());
    String store = about.get("store");
    long run = Long.parseLong(about.getOrDefault("run", "0")) + 1;
    life =
        new Life(
            store == null
                ? ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE)
                : Long.parseLong(store),
            run);
    about.put("store", Long.toString(life.store()));
    about.put("run", Long.toString(run));
    file.commit();
  }

  private static MVMap.Builder<String, byte[]> bytes() {
    return new MVMap.Builder<String, byte[]>()
        .keyType(StringDataType.INSTANCE)
        .valueType(ByteArrayDataType.INSTANCE);
  }

  static StoreFile inMemory() {
    return new StoreFile(new MVStore.Builder().autoCommitDisabled().open(), null);
  }

  /// Where the file is in a node's state folder.
  static Path in(Path stateFolder) {
    return stateFolder.resolve("durable").resolve("state.mv");
  }

  /// @throws ConfigurationException when another process has it open, or it can't be read
  static StoreFile open(Path path) {
    return open(path, RETENTION);
  }

  /// @param retention how long space that was freed is not used again: a crash of the machine may
  ///   lose what was written last, and must find what was there before
  static StoreFile open(Path path, Duration retention) {
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      MVStore file =
          new MVStore.Builder()
              .fileName(path.toString())
              .autoCommitDisabled()
              .cacheSize(CACHE_MEGABYTES)
              .open();
      file.setRetentionTime((int) retention.toMillis());
      file.setVersionsToKeep(0);
      return new StoreFile(file, path);
    } catch (MVStoreException e) {
      throw new ConfigurationException(
          e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED
              ? "the durable state in "
                  + path
                  + " is used by another node; give each node a state-folder of its own"
              : "the durable state in %s can't be read: %s. Where other nodes have copies, move the file away and start again; else restore it from a backup"
                  .formatted(path, e.getMessage()),
          e);
    } catch (IOException | RuntimeException e) {
      throw new ConfigurationException(
          "the durable state in " + path + " can't be opened: " + e, e);
    }
  }

  @Override
  public Life life() {
    return life;
  }

  @Override
  public Collection<Member> members() {
    var members = new ArrayList<Member>();
    String text = about.get("members");
    if (text != null && !text.isEmpty()) {
      for (String line : text.split("\n")) {
        String[] words = line.split(" ", 5);
        members.add(
            new Member(
                Long.parseLong(words[0]),
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                words[4]));
      }
    }
    return members;
  }

  @Override
  public void saveMembers(Collection<Member> members) {
    about.put(
        "members",
        String.join(
            "\n",
            members.stream()
                .map(
                    m ->
                        "%d %d %d %d %s"
                            .formatted(m.store(), m.run(), m.admitted(), m.retired(), m.address()))
                .toList()));
  }

  /// A head, and how many parts the key has.
  private record Kept(Head head, boolean snapshot, int events) {
    static final Kept NONE = new Kept(Head.NONE, false, 0);

    byte[] bytes() {
      ByteBuffer out = ByteBuffer.allocate(45);
      put(out, head.promised());
      put(out, head.version().epoch());
      out.putLong(head.version().sequence()).put((byte) (snapshot ? 1 : 0)).putInt(events);
      return out.array();
    }

    static Kept of(byte @Nullable [] bytes) {
      if (bytes == null) {
        return NONE;
      }
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new Kept(
          new Head(epoch(in), new Version(epoch(in), in.getLong())), in.get() == 1, in.getInt());
    }

    private static void put(ByteBuffer out, Epoch epoch) {
      out.putLong(epoch.counter()).putLong(epoch.store());
    }

    private static Epoch epoch(ByteBuffer in) {
      return new Epoch(in.getLong(), in.getLong());
    }

    Head headWith(Version version) {
      Epoch promised = head.promised();
      return new Head(version.epoch().isAfter(promised) ? version.epoch() : promised, version);
    }
  }

  private static String event(String key, int index) {
    return key + SEPARATOR + "%08x".formatted(index);
  }

  private static String snapshot(String key) {
    return key + SEPARATOR;
  }

  @Override
  public Head head(String key) {
    return Kept.of(heads.get(key)).head;
  }

  @Override
  public Content content(String key) {
    Kept kept = Kept.of(heads.get(key));
    var events = new ArrayList<byte[]>();
    for (int i = 0; i < kept.events; i++) {
      events.add(part(event(key, i)));
    }
    return new Content(
        kept.snapshot ? Optional.of(part(snapshot(key))) : Optional.empty(), List.copyOf(events));
  }

  private byte[] part(String name) {
    byte[] bytes = parts.get(name);
    if (bytes == null) {
      throw new IllegalStateException(
          "a part of " + name.substring(0, name.indexOf(SEPARATOR)) + " is missing in " + path);
    }
    return bytes;
  }

  @Override
  public void promise(String key, Epoch epoch) {
    Kept kept = Kept.of(heads.get(key));
    heads.put(
        key, new Kept(new Head(epoch, kept.head.version()), kept.snapshot, kept.events).bytes());
  }

  @Override
  public void replace(String key, Version version, Content content) {
    Kept kept = Kept.of(heads.get(key));
    if (content.snapshot().isPresent()) {
      parts.put(snapshot(key), content.snapshot().get());
    } else if (kept.snapshot) {
      parts.remove(snapshot(key));
    }
    int count = content.events().size();
    for (int i = 0; i < count; i++) {
      parts.put(event(key, i), content.events().get(i));
    }
    for (int i = count; i < kept.events; i++) {
      parts.remove(event(key, i));
    }
    heads.put(key, new Kept(kept.headWith(version), content.snapshot().isPresent(), count).bytes());
  }

  @Override
  public void add(String key, Version version, List<byte[]> events) {
    Kept kept = Kept.of(heads.get(key));
    for (int i = 0; i < events.size(); i++) {
      parts.put(event(key, kept.events + i), events.get(i));
    }
    heads.put(
        key, new Kept(kept.headWith(version), kept.snapshot, kept.events + events.size()).bytes());
  }

  @Override
  public void forEach(BiConsumer<String, Head> action) {
    heads.forEach((key, bytes) -> action.accept(key, Kept.of(bytes).head));
  }

  @Override
  public void commit() {
    if (path != null && file.hasUnsavedChanges()) {
      file.commit();
      if (++commits % COMPACT_EVERY == 0) {
        file.compact(FILL_PERCENT, COMPACT_BYTES);
      }
    }
  }

  @Override
  public Optional<String> place() {
    return Optional.ofNullable(path).map(Path::toString);
  }

  @Override
  public void close() {
    file.close();
  }
}
