package io.manta.sharding;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.AbstractActorWithTimers;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.ddata.DurableStore;
import org.apache.pekko.cluster.ddata.LWWMap;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/// Keeps what Distributed Data has under its durable keys in a [RecordsFolder]. What waits for the
/// disk is written at once, the last state of each key. What could not be written is tried again
/// until it is.
final class RecordsStore extends AbstractActorWithTimers {
  private static final Logger LOG = LoggerFactory.getLogger(RecordsStore.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /// Of which only the class matters.
  private static final DurableStore.DurableDataEnvelope EMPTY =
      new DurableStore.DurableDataEnvelope(LWWMap.<String, byte[]>create());

  private enum Command {
    WRITE
  }

  private final RecordsFolder folder;
  private final SerializerWithStringManifest serializer;
  private final Map<String, DurableStore.DurableDataEnvelope> unwritten = new HashMap<>();
  private final List<DurableStore.StoreReply> waiting = new ArrayList<>();
  private boolean failing;

  private RecordsStore(RecordsFolder folder) {
    this.folder = folder;
    this.serializer = serializer(getContext().getSystem());
  }

  static Props props(RecordsFolder folder) {
    return Props.create(RecordsStore.class, () -> new RecordsStore(folder))
        .withDispatcher("pekko.cluster.distributed-data.durable.pinned-store");
  }

  /// What a folder has, by key.
  ///
  /// @throws ConfigurationException when a file is damaged; names it
  static Map<String, DurableStore.DurableDataEnvelope> load(
      ActorSystem system, RecordsFolder folder) {
    SerializerWithStringManifest serializer = serializer(system);
    var all = new HashMap<String, DurableStore.DurableDataEnvelope>();
    folder.read().forEach((key, bytes) -> all.put(key, decode(serializer, folder, key, bytes)));
    return all;
  }

  private static DurableStore.DurableDataEnvelope decode(
      SerializerWithStringManifest serializer, RecordsFolder folder, String key, byte[] bytes) {
    try {
      return (DurableStore.DurableDataEnvelope)
          serializer.fromBinary(bytes, serializer.manifest(EMPTY));
    } catch (Exception e) {
      throw folder.damaged(key, e);
    }
  }

  private static SerializerWithStringManifest serializer(ActorSystem system) {
    try {
      return (SerializerWithStringManifest)
          SerializationExtension.get(system).serializerFor(DurableStore.DurableDataEnvelope.class);
    } catch (NotSerializableException e) {
      throw new IllegalStateException("Distributed Data has no serializer for what it stores", e);
    }
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .matchEquals(DurableStore.LoadAll$.MODULE$, all -> load())
        .match(DurableStore.Store.class, this::store)
        .matchEquals(Command.WRITE, command -> write())
        .build();
  }

  private void load() {
    ActorRef replicator = getSender();
    try {
      var all = CollectionConverters.asScala(load(getContext().getSystem(), folder));
      replicator.tell(
          new DurableStore.LoadData(scala.collection.immutable.Map$.MODULE$.from(all)), getSelf());
      replicator.tell(DurableStore.LoadAllCompleted$.MODULE$, getSelf());
    } catch (ConfigurationException e) { // damaged since it was opened
      throw new DurableStore.LoadFailed(String.valueOf(e.getMessage()), e);
    }
  }

  /// Others may wait in the mailbox; so it is written after them.
  private void store(DurableStore.Store store) {
    unwritten.put(store.key(), store.data());
    OptionConverters.toJava(store.reply()).ifPresent(waiting::add);
    getSelf().tell(Command.WRITE, getSelf());
  }

  private void write() {
    if (unwritten.isEmpty()) {
      return; // a write before has done it
    }
    try {
      writeAll();
      if (failing) {
        LOG.info("the records are written to {} again", folder.path());
      }
      failing = false;
      waiting.forEach(reply -> reply.replyTo().tell(reply.successMsg(), getSelf()));
    } catch (IOException e) {
      if (!failing) {
        LOG.error(
            "the records can't be written to {}: {}; they would be missing after a stop of all nodes. Free space, or make it writable: it is tried again each second",
            folder.path(),
            e.toString());
      }
      failing = true;
      waiting.forEach(reply -> reply.replyTo().tell(reply.failureMsg(), getSelf()));
      getTimers().startSingleTimer(Command.WRITE, Command.WRITE, AGAIN);
    }
    waiting.clear();
  }

  private void writeAll() throws IOException {
    for (var entries = unwritten.entrySet().iterator(); entries.hasNext(); ) {
      var entry = entries.next();
      folder.write(entry.getKey(), serializer.toBinary(entry.getValue()));
      entries.remove();
    }
  }

  @Override
  public void postStop() {
    write();
  }
}
