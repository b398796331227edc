package io.manta.actors.internal;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.manta.actors.internal.durable.StoreWire;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.core.TaskId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Messages as bytes. The frequent ones, tasks, calls and the starts and ends of actors, have a
/// binary form each; the others are CBOR of their record, where unknown fields are skipped, so that
/// patch versions mix. Kinds keep their numbers for ever.
final class Wire {
  private static final int CONTROL = 100;
  private static final int LOAN_BYTES = 12;

  /// Numbers on the wire: add at the end only. Some have a binary form by now, and are here for
  /// their number.
  private static final List<Class<? extends Message>> CONTROLS =
      List.of(
          Message.CreateActor.class,
          Message.ActorStarted.class,
          Message.ActorRefused.class,
          Message.ActorEnded.class,
          Message.KillActor.class,
          Message.FindActor.class,
          Message.ActorAt.class,
          Message.ActorDead.class,
          Message.SlotAt.class,
          Message.NotHere.class,
          Message.FetchObject.class,
          Message.RequestLeases.class,
          Message.Reserve.class,
          Message.LeaseGranted.class,
          Message.ReturnLease.class,
          Message.RecallLease.class,
          Message.FetchClass.class,
          Message.ClassFile.class,
          Message.NodeStatus.class,
          Message.Attach.class,
          Message.Goodbye.class,
          Message.NodeGone.class,
          Message.LocateSlot.class,
          Message.ClaimName.class,
          Message.NameHeld.class,
          Message.ReleaseName.class,
          Message.WriteRecord.class,
          Message.RecordWritten.class,
          Message.AllRecords.class,
          Message.CancelTask.class,
          Message.CancelCall.class,
          Message.TaskCredit.class,
          Message.ProbeObject.class,
          Message.ProbeTask.class,
          Message.ProbeActor.class,
          Message.PinStored.class,
          Message.StoredAt.class,
          Message.UnpinStored.class,
          Message.DropStored.class,
          Message.Copied.class,
          Message.TaskLines.class,
          Message.FetchJars.class,
          Message.JarList.class,
          Message.FetchJar.class,
          Message.JarChunk.class,
          Message.DriverAt.class,
          Message.TaskRefused.class,
          Message.CancelObject.class,
          Message.StopActor.class,
          Message.WatchActor.class,
          Message.DetachedActor.class,
          Message.CallCredit.class,
          Message.MoveActor.class,
          Message.ActorMoved.class,
          Message.Rebalance.class,
          Message.Rebalanced.class,
          Message.ListActors.class,
          Message.ActorList.class,
          Message.KillIncarnation.class,
          Message.AskBundles.class,
          Message.BundlesHeld.class,
          Message.WatchGroup.class,
          Message.GroupTold.class,
          Message.RemoveGroup.class,
          Message.ListGroups.class,
          Message.GroupList.class,
          Message.DetachedGroup.class,
          Message.ControlNode.class,
          Message.NodeControlled.class,
          Message.ListPending.class,
          Message.PendingList.class,
          Message.AskDemand.class,
          Message.DemandTold.class,
          Message.ReportQuota.class,
          Message.QuotaAnswer.class);

  private abstract static class ResourcesForm {
    @JsonValue
    abstract Map<String, Long> toUnits();

    @JsonCreator
    @SuppressWarnings("UnusedVariable")
    static Resources ofUnits(Map<String, Long> units) {
      throw new AssertionError("a mix-in");
    }
  }

  private static final ObjectMapper CBOR =
      CBORMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .addMixIn(Resources.class, ResourcesForm.class)
          .build();

  /// By the place of their class in [#CONTROLS].
  private static final List<ObjectWriter> WRITERS = CONTROLS.stream().map(CBOR::writerFor).toList();

  private static final List<ObjectReader> READERS = CONTROLS.stream().map(CBOR::readerFor).toList();

  private static final OptionsForm OPTIONS = new OptionsForm(Wire::written, Wire::options);

  private Wire() {}

  private static byte[] written(ActorOptions options) {
    try {
      return CBOR.writeValueAsBytes(options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ActorOptions options(byte[] written) {
    try {
      return CBOR.readValue(written, ActorOptions.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] encode(Message message) {
    return switch (message) {
      case Message.RunTask m -> {
        byte[] name = m.name().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
            ByteBuffer.allocate(
                    54
                        + name.length
                        + m.setting().length
                        + m.body().wireSize()
                        + size(m.attached()))
                .put((byte) 1);
        out.putLong(m.lease()).putLong(m.task().owner().value()).putLong(m.task().number());
        out.putInt(m.attempt()).putLong(m.job().driver().value()).putLong(m.itemLimit());
        out.put((byte) (m.retriable() ? 1 : 0));
        put(out, name);
        put(out, m.setting());
        m.body().put(out);
        putAttached(out, m.attached());
        yield out.array();
      }
      case Message.TaskDone m -> {
        ByteBuffer out = ByteBuffer.allocate(38 + m.result().payload().wireSize()).put((byte) 2);
        out.putLong(m.lease()).putLong(m.task().owner().value()).putLong(m.task().number());
        out.putInt(m.attempt()).putLong(m.nanos());
        putResult(out, m.result());
        yield out.array();
      }
      case Message.CallActor m -> {
        byte[] group = m.group().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
            ByteBuffer.allocate(53 + group.length + m.body().wireSize() + size(m.attached()))
                .put((byte) 3);
        putActor(out, m.actor());
        out.putInt(m.incarnation()).putLong(m.number()).putLong(m.job().driver().value());
        m.body().put(out);
        putAttached(out, m.attached());
        put(out, group);
        yield out.array();
      }
      case Message.CallDone m -> {
        ByteBuffer out = ByteBuffer.allocate(38 + m.result().payload().wireSize()).put((byte) 4);
        putActor(out, m.actor());
        out.putLong(m.number());
        putResult(out, m.result());
        yield out.array();
      }
      case Message.TaskItem m -> {
        ByteBuffer out = ByteBuffer.allocate(37 + m.value().wireSize()).put((byte) 5);
        out.putLong(m.lease()).putLong(m.task().owner().value()).putLong(m.task().number());
        out.putInt(m.attempt()).putLong(m.index());
        m.value().put(out);
        yield out.array();
      }
      case Message.ObjectValue m -> {
        ByteBuffer out = ByteBuffer.allocate(18 + m.result().payload().wireSize()).put((byte) 6);
        putObject(out, m.object());
        putResult(out, m.result());
        yield out.array();
      }
      case Message.Lent m -> {
        ByteBuffer out = ByteBuffer.allocate(13 + m.loans().size() * LOAN_BYTES).put((byte) 7);
        out.putLong(m.borrower().value()).putInt(m.loans().size());
        m.loans().forEach(loan -> out.putLong(loan.number()).putInt(loan.count()));
        yield out.array();
      }
      case Message.CallItem m -> {
        ByteBuffer out = ByteBuffer.allocate(45 + m.value().wireSize()).put((byte) 8);
        putActor(out, m.actor());
        out.putLong(m.number()).putLong(m.index());
        m.value().put(out);
        yield out.array();
      }
      case Message.ToStore m -> {
        byte[] body = StoreWire.encode(m.message());
        yield ByteBuffer.allocate(1 + body.length).put((byte) 9).put(body).array();
      }
      case Message.CreateActor m -> createActor(m);
      case Message.ActorStarted m -> incarnation(11, m.actor(), m.incarnation(), m.type());
      case Message.KillIncarnation m -> incarnation(12, m.actor(), m.incarnation(), m.reason());
      case Message.PrepareBundles m -> GroupWire.encode(13, m);
      case Message.CommitBundles m -> GroupWire.encode(14, m);
      case Message.BundlesAnswer m -> GroupWire.encode(15, m);
      case Message.RemoveBundles m -> GroupWire.encode(16, m);
      case Message.BundlesRemoved m -> GroupWire.encode(17, m);
      default -> control(message);
    };
  }

  /// What is said of an incarnation in a text.
  private static byte[] incarnation(int kind, ActorId actor, int incarnation, String said) {
    byte[] text = said.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(37 + text.length).put((byte) kind);
    putActor(out, actor);
    out.putInt(incarnation);
    put(out, text);
    return out.array();
  }

  private static byte[] createActor(Message.CreateActor m) {
    byte[] reason = m.reason().getBytes(StandardCharsets.UTF_8);
    byte[] name = m.name().getBytes(StandardCharsets.UTF_8);
    byte[] options = OPTIONS.bytes(m.options());
    int texts = reason.length + name.length + options.length + m.setting().length;
    int payloads = m.constructor().wireSize() + m.state().map(Payload::wireSize).orElse(0);
    ByteBuffer out = ByteBuffer.allocate(70 + texts + payloads).put((byte) 10);
    putActor(out, m.actor());
    out.putInt(m.incarnation());
    out.putLong(m.slot().home().value()).putInt(m.slot().index());
    out.putLong(m.job().driver().value());
    put(out, reason);
    put(out, name);
    put(out, options);
    put(out, m.setting());
    m.constructor().put(out);
    out.put((byte) (m.state().isPresent() ? 1 : 0));
    m.state().ifPresent(state -> state.put(out));
    return out.array();
  }

  private static Message.CreateActor createActor(ByteBuffer in) {
    ActorId actor = actor(in);
    int incarnation = in.getInt();
    var slot = new SlotId(new NodeId(in.getLong()), in.getInt());
    var job = new JobId(new NodeId(in.getLong()));
    String reason = text(in);
    String name = text(in);
    ActorOptions options = OPTIONS.options(bytes(in));
    byte[] setting = bytes(in);
    Payload constructor = Payload.get(in);
    Optional<Payload> state = in.get() == 1 ? Optional.of(Payload.get(in)) : Optional.empty();
    return new Message.CreateActor(
        actor, incarnation, slot, reason, job, name, constructor, options, setting, state);
  }

  private static byte[] control(Message message) {
    int kind = CONTROLS.indexOf(message.getClass());
    if (kind < 0) {
      throw new IllegalArgumentException("no wire form of " + message.getClass());
    }
    try {
      byte[] body = WRITERS.get(kind).writeValueAsBytes(message);
      return ByteBuffer.allocate(1 + body.length).put((byte) (CONTROL + kind)).put(body).array();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Message decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int kind = in.get() & 0xff;
    return switch (kind) {
      case 1 -> runTask(in);
      case 2 ->
          new Message.TaskDone(
              in.getLong(),
              new TaskId(new NodeId(in.getLong()), in.getLong()),
              in.getInt(),
              in.getLong(),
              result(in));
      case 3 ->
          new Message.CallActor(
              actor(in),
              in.getInt(),
              in.getLong(),
              new JobId(new NodeId(in.getLong())),
              Payload.get(in),
              attached(in),
              text(in));
      case 4 -> new Message.CallDone(actor(in), in.getLong(), result(in));
      case 5 ->
          new Message.TaskItem(
              in.getLong(),
              new TaskId(new NodeId(in.getLong()), in.getLong()),
              in.getInt(),
              in.getLong(),
              Payload.get(in));
      case 6 -> new Message.ObjectValue(object(in), result(in));
      case 7 -> new Message.Lent(new NodeId(in.getLong()), loans(in));
      case 8 -> new Message.CallItem(actor(in), in.getLong(), in.getLong(), Payload.get(in));
      case 9 -> new Message.ToStore(StoreWire.decode(Arrays.copyOfRange(bytes, 1, bytes.length)));
      case 10 -> createActor(in);
      case 11 -> new Message.ActorStarted(actor(in), in.getInt(), text(in));
      case 12 -> new Message.KillIncarnation(actor(in), in.getInt(), text(in));
      case 13 -> GroupWire.prepare(in);
      case 14 -> GroupWire.commit(in);
      case 15 -> GroupWire.answer(in);
      case 16 -> GroupWire.remove(in);
      case 17 -> GroupWire.removed(in);
      default -> control(kind, bytes);
    };
  }

  private static Message.RunTask runTask(ByteBuffer in) {
    long lease = in.getLong();
    var task = new TaskId(new NodeId(in.getLong()), in.getLong());
    int attempt = in.getInt();
    var job = new JobId(new NodeId(in.getLong()));
    long itemLimit = in.getLong();
    boolean retriable = in.get() != 0;
    String name = text(in);
    return new Message.RunTask(
        lease,
        task,
        attempt,
        job,
        name,
        itemLimit,
        retriable,
        bytes(in),
        Payload.get(in),
        attached(in));
  }

  private static Message control(int kind, byte[] bytes) {
    int index = kind - CONTROL;
    if (index < 0 || index >= CONTROLS.size()) {
      throw new IllegalArgumentException("a message of kind " + kind + ", which is not known here");
    }
    try {
      return READERS.get(index).readValue(bytes, 1, bytes.length - 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void putActor(ByteBuffer out, ActorId actor) {
    out.putLong(actor.slot().home().value()).putInt(actor.slot().index());
    out.putLong(actor.owner().value()).putLong(actor.number());
  }

  private static ActorId actor(ByteBuffer in) {
    return new ActorId(
        new SlotId(new NodeId(in.getLong()), in.getInt()), new NodeId(in.getLong()), in.getLong());
  }

  static void putObject(ByteBuffer out, ObjectId object) {
    out.putLong(object.owner().value()).putLong(object.number());
  }

  static ObjectId object(ByteBuffer in) {
    return new ObjectId(new NodeId(in.getLong()), in.getLong());
  }

  private static void putResult(ByteBuffer out, Message.Result result) {
    out.put((byte) (result.failed() ? 1 : 0));
    result.payload().put(out);
  }

  private static Message.Result result(ByteBuffer in) {
    return new Message.Result(in.get() == 1, Payload.get(in));
  }

  static String text(ByteBuffer in) {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static void put(ByteBuffer out, byte[] bytes) {
    out.putInt(bytes.length).put(bytes);
  }

  private static byte[] bytes(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException(length + " bytes announced, " + in.remaining() + " there");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static int size(List<Message.Attached> attached) {
    int size = 4;
    for (Message.Attached value : attached) {
      size += 16 + value.value().wireSize();
    }
    return size;
  }

  private static void putAttached(ByteBuffer out, List<Message.Attached> attached) {
    out.putInt(attached.size());
    for (Message.Attached value : attached) {
      putObject(out, value.id());
      value.value().put(out);
    }
  }

  private static List<Message.Attached> attached(ByteBuffer in) {
    int count = in.getInt();
    if (count == 0) {
      return List.of();
    }
    var attached = new ArrayList<Message.Attached>();
    for (int i = 0; i < count; i++) {
      attached.add(new Message.Attached(object(in), Payload.get(in)));
    }
    return attached;
  }

  private static List<Message.Loan> loans(ByteBuffer in) {
    int count = in.getInt();
    var loans = new ArrayList<Message.Loan>();
    for (int i = 0; i < count; i++) {
      loans.add(new Message.Loan(in.getLong(), in.getInt()));
    }
    return loans;
  }
}
