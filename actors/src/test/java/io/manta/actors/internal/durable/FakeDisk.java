package io.manta.actors.internal.durable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/// A disk in memory; what was not committed is lost when it is opened again.
final class FakeDisk implements Disk {
  private record Kept(Head head, Content content) {
    static final Kept NONE = new Kept(Head.NONE, Content.EMPTY);
  }

  private final long store;
  private long run;
  private Map<String, Kept> entries = new TreeMap<>();
  private List<Member> members = List.of();
  private Map<String, Kept> committedEntries = Map.of();
  private List<Member> committedMembers = List.of();

  FakeDisk(long store) {
    this.store = store;
  }

  FakeDisk open() {
    run++;
    entries = new TreeMap<>(committedEntries);
    members = committedMembers;
    return this;
  }

  /// Whether it never was part of anything.
  boolean isFresh() {
    return members.stream().noneMatch(Member::required);
  }

  private Kept kept(String key) {
    return entries.getOrDefault(key, Kept.NONE);
  }

  @Override
  public Life life() {
    return new Life(store, run);
  }

  @Override
  public Collection<Member> members() {
    return members;
  }

  @Override
  public void saveMembers(Collection<Member> all) {
    members = List.copyOf(all);
  }

  @Override
  public Head head(String key) {
    return kept(key).head();
  }

  @Override
  public Content content(String key) {
    return kept(key).content();
  }

  @Override
  public void promise(String key, Epoch epoch) {
    Kept kept = kept(key);
    entries.put(key, new Kept(new Head(epoch, kept.head().version()), kept.content()));
  }

  @Override
  public void replace(String key, Version version, Content content) {
    entries.put(key, new Kept(with(key, version), content));
  }

  private Head with(String key, Version version) {
    Epoch promised = head(key).promised();
    return new Head(version.epoch().isAfter(promised) ? version.epoch() : promised, version);
  }

  @Override
  public void add(String key, Version version, List<byte[]> events) {
    Content before = content(key);
    var all = new ArrayList<>(before.events());
    all.addAll(events);
    entries.put(
        key, new Kept(with(key, version), new Content(before.snapshot(), List.copyOf(all))));
  }

  @Override
  public void forEach(BiConsumer<String, Head> action) {
    entries.forEach((key, kept) -> action.accept(key, kept.head()));
  }

  @Override
  public void commit() {
    committedEntries = new TreeMap<>(entries);
    committedMembers = members;
  }

  @Override
  public Optional<String> place() {
    return Optional.empty();
  }

  @Override
  public void close() {}
}
