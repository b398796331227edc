package io.manta.actors.internal.durable;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/// What one store keeps. Used by one thread. Changes are kept together by [#commit], or none of
/// those since the last one.
interface Disk extends AutoCloseable {
  /// Which store this is, and how often it was opened.
  Life life();

  Collection<Member> members();

  void saveMembers(Collection<Member> members);

  Head head(String key);

  Content content(String key);

  void promise(String key, Epoch epoch);

  /// Gives an entry another version and content. Its epoch is promised, if it is after what was.
  void replace(String key, Version version, Content content);

  /// Gives an entry another version, and events more. Its epoch is promised, too.
  void add(String key, Version version, List<byte[]> events);

  void forEach(BiConsumer<String, Head> action);

  /// Blocks until the operating system has the changes.
  void commit();

  /// Where it is, for errors.
  Optional<String> place();

  @Override
  void close();
}
