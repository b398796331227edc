package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.core.ActorId;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.SlotId;
import io.manta.core.ValueSerializer;
import io.manta.objects.HoldingSerializer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// How refs, handles and runtimes travel inside values and closures.
final class RuntimeSerializers {
  private RuntimeSerializers() {}

  /// @param job whose classes the values of received refs are decoded with
  static List<ValueSerializer<?>> of(MantaRuntime runtime, JobId job) {
    return List.of(new Refs(runtime, job), new Handles(runtime, job), new Runtimes(runtime));
  }

  @SuppressWarnings("rawtypes")
  private record Refs(MantaRuntime runtime, JobId job) implements HoldingSerializer<Ref> {
    @Override
    public Class<Ref> type() {
      return Ref.class;
    }

    @Override
    public void write(Ref ref, DataOutput output) throws IOException {
      runtime.objects().export(ref);
      ObjectId id = ref.id();
      output.writeLong(id.owner().value());
      output.writeLong(id.number());
    }

    @Override
    public Ref read(DataInput input, Class<? extends Ref> type) throws IOException {
      return runtime
          .objects()
          .receive(new ObjectId(new NodeId(input.readLong()), input.readLong()), job);
    }
  }

  @SuppressWarnings("rawtypes")
  private record Handles(MantaRuntime runtime, JobId job) implements HoldingSerializer<Handle> {
    @Override
    public Class<Handle> type() {
      return Handle.class;
    }

    @Override
    public void write(Handle handle, DataOutput output) throws IOException {
      ActorId id = handle.id();
      output.writeLong(id.slot().home().value());
      output.writeInt(id.slot().index());
      output.writeLong(id.owner().value());
      output.writeLong(id.number());
      output.writeUTF(handle.group());
      Optional<Ref<?>> counted = ((Handle<?>) handle).counted();
      output.writeBoolean(counted.isPresent());
      if (counted.isPresent()) {
        runtime.objects().export(counted.get());
        output.writeLong(counted.get().id().owner().value());
        output.writeLong(counted.get().id().number());
      }
    }

    @Override
    public Handle read(DataInput input, Class<? extends Handle> type) throws IOException {
      var slot = new SlotId(new NodeId(input.readLong()), input.readInt());
      var id = new ActorId(slot, new NodeId(input.readLong()), input.readLong());
      String group = input.readUTF();
      Ref<?> counted = null;
      if (input.readBoolean()) {
        var object = new ObjectId(new NodeId(input.readLong()), input.readLong());
        counted = runtime.objects().receive(object, job);
      }
      return new Handle<>(id, runtime, group, counted);
    }
  }

  /// A captured runtime becomes the one where the closure runs.
  private record Runtimes(MantaRuntime runtime) implements ValueSerializer<Manta> {
    @Override
    public Class<Manta> type() {
      return Manta.class;
    }

    @Override
    public void write(Manta captured, DataOutput output) {}

    @Override
    public Manta read(DataInput input, Class<? extends Manta> type) {
      return runtime;
    }
  }
}
