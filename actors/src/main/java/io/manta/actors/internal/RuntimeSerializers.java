package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.core.ActorId;
import io.manta.core.Bundle;
import io.manta.core.JobId;
import io.manta.core.LabelSelector;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.core.ValueSerializer;
import io.manta.objects.HoldingSerializer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How refs, handles and runtimes travel inside values and closures.
final class RuntimeSerializers {
  private RuntimeSerializers() {}

  /// @param job whose classes the values of received refs are decoded with
  static List<ValueSerializer<?>> of(MantaRuntime runtime, JobId job) {
    return List.of(
        new Refs(runtime, job),
        new Handles(runtime, job),
        new Groups(runtime),
        new Runtimes(runtime));
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

  private record Groups(MantaRuntime runtime) implements ValueSerializer<GroupHandle> {
    @Override
    public Class<GroupHandle> type() {
      return GroupHandle.class;
    }

    @Override
    public void write(GroupHandle group, DataOutput output) throws IOException {
      output.writeLong(group.id().owner().value());
      output.writeLong(group.id().number());
      PlacementGroupOptions options = group.options();
      output.writeUTF(options.strategy().name());
      output.writeBoolean(options.name().isPresent());
      output.writeUTF(options.name().orElse(""));
      output.writeBoolean(options.capturesChildren());
      List<Bundle> bundles = options.bundles();
      for (int i = 0; i < bundles.size(); ) {
        int same = i;
        while (same < bundles.size() && bundles.get(same).equals(bundles.get(i))) {
          same++;
        }
        output.writeInt(same - i); // many are alike
        write(bundles.get(i), output);
        i = same;
      }
      output.writeInt(0);
    }

    private static void write(Bundle bundle, DataOutput output) throws IOException {
      Map<String, Long> units = bundle.resources().toUnits();
      output.writeInt(units.size());
      for (var amount : units.entrySet()) {
        output.writeUTF(amount.getKey());
        output.writeLong(amount.getValue());
      }
      output.writeUTF(bundle.labels().toString());
    }

    @Override
    public GroupHandle read(DataInput input, Class<? extends GroupHandle> type) throws IOException {
      var id = new PlacementGroupId(new NodeId(input.readLong()), input.readLong());
      PlacementGroupOptions options =
          PlacementGroupOptions.defaults()
              .withDetached(id.detached())
              .withStrategy(PlacementGroup.Strategy.valueOf(input.readUTF()));
      boolean named = input.readBoolean();
      String name = input.readUTF();
      options = named ? options.withName(name) : options;
      options = options.withCapturesChildren(input.readBoolean());
      int count;
      while ((count = input.readInt()) > 0) {
        options = options.withBundles(count, bundle(input));
      }
      return new GroupHandle(runtime, id, options);
    }

    private static Bundle bundle(DataInput input) throws IOException {
      int count = input.readInt();
      var units = new LinkedHashMap<String, Long>();
      for (int i = 0; i < count; i++) {
        units.put(input.readUTF(), input.readLong());
      }
      String labels = input.readUTF();
      return new Bundle(
          Resources.ofUnits(units),
          labels.isEmpty() ? LabelSelector.ANY : LabelSelector.parse(labels));
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
