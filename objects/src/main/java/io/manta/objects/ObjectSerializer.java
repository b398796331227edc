package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Records and plain classes, field by field in the order of their names. One instance reads one
/// written form: that of this build of the class, or of another, whose fields are matched by name.
/// What is not there reads as the class makes it without arguments, else as null or zero; what this
/// build lacks is read and dropped.
final class ObjectSerializer extends Serializer<Object> {
  /// A field as it was written.
  ///
  /// @param target the field that it is here, null when there is none
  record Written(String name, char kind, Shape.@Nullable Part target) {}

  private final Shape shape;
  private final References references;
  private final Written @Nullable [] other;
  private final @Nullable Object[] defaults;

  ObjectSerializer(Shape shape, References references) {
    this(shape, references, null);
  }

  /// Reads what another build of the class wrote.
  ObjectSerializer(Shape shape, References references, Written @Nullable [] other) {
    this.shape = shape;
    this.references = references;
    this.other = other;
    this.defaults = new Object[shape.parts().length];
    for (Shape.Part part : shape.parts()) {
      if (part.type().isPrimitive()) {
        defaults[part.index()] = Array.get(Array.newInstance(part.type(), 1), 0);
      }
    }
  }

  Shape shape() {
    return shape;
  }

  @Override
  public void write(Kryo kryo, Output output, Object object) {
    boolean made = shape.isRecord();
    if (made) {
      references.open(object);
    }
    for (Shape.Part part : shape.parts()) {
      try {
        write(kryo, output, object, part);
      } catch (RuntimeException e) {
        throw Traced.at("." + part.name(), e);
      } catch (Error e) {
        throw e;
      } catch (Throwable e) {
        throw Traced.at("." + part.name(), new KryoException(e));
      }
    }
    if (made) {
      references.close();
    }
  }

  private static void write(Kryo kryo, Output output, Object object, Shape.Part part)
      throws Throwable {
    MethodHandle getter = part.getter();
    switch (part.kind()) {
      case 'Z' -> output.writeBoolean((boolean) getter.invokeExact(object));
      case 'B' -> output.writeByte((byte) getter.invokeExact(object));
      case 'S' -> output.writeShort((short) getter.invokeExact(object));
      case 'C' -> output.writeChar((char) getter.invokeExact(object));
      case 'I' -> output.writeVarInt((int) getter.invokeExact(object), false);
      case 'J' -> output.writeVarLong((long) getter.invokeExact(object), false);
      case 'F' -> output.writeFloat((float) getter.invokeExact(object));
      case 'D' -> output.writeDouble((double) getter.invokeExact(object));
      case Shape.TEXT ->
          kryo.writeObjectOrNull(output, (Object) getter.invokeExact(object), String.class);
      default -> kryo.writeClassAndObject(output, (Object) getter.invokeExact(object));
    }
  }

  @Override
  public Object read(Kryo kryo, Input input, Class<? extends Object> type) {
    try {
      if (shape.constructor().isPresent()) {
        @Nullable Object[] values = defaults.clone();
        readParts(kryo, input, values, null);
        return (Object) shape.constructor().get().invokeExact(values);
      }
      Object object = kryo.newInstance(shape.type());
      kryo.reference(object);
      readParts(kryo, input, null, object);
      return object;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new KryoException(shape.type().getName() + " can't be made: " + e, e);
    }
  }

  private void readParts(
      Kryo kryo, Input input, @Nullable Object @Nullable [] values, @Nullable Object object) {
    if (other != null) {
      for (Written written : other) {
        readPart(kryo, input, written.kind(), written.name(), written.target(), values, object);
      }
      return;
    }
    for (Shape.Part part : shape.parts()) {
      readPart(kryo, input, part.kind(), part.name(), part, values, object);
    }
  }

  private static void readPart(
      Kryo kryo,
      Input input,
      char kind,
      String name,
      Shape.@Nullable Part target,
      @Nullable Object @Nullable [] values,
      @Nullable Object object) {
    try {
      if (values == null && target != null && target.kind() == kind) {
        set(kryo, input, target, object);
        return;
      }
      Object value = value(kryo, input, kind);
      if (target == null) {
        return;
      }
      Object fitting = target.kind() == kind ? value : fit(value, kind, target);
      if (values != null) {
        values[target.index()] = fitting;
      } else if (target.setter() != null) {
        target.setter().invoke(object, fitting);
      }
    } catch (RuntimeException e) {
      throw Traced.at("." + name, e);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw Traced.at("." + name, new KryoException(e));
    }
  }

  /// Without boxes.
  private static void set(Kryo kryo, Input input, Shape.Part part, @Nullable Object object)
      throws Throwable {
    MethodHandle setter = Objects.requireNonNull(part.setter());
    switch (part.kind()) {
      case 'Z' -> setter.invokeExact(object, input.readBoolean());
      case 'B' -> setter.invokeExact(object, input.readByte());
      case 'S' -> setter.invokeExact(object, input.readShort());
      case 'C' -> setter.invokeExact(object, input.readChar());
      case 'I' -> setter.invokeExact(object, input.readVarInt(false));
      case 'J' -> setter.invokeExact(object, input.readVarLong(false));
      case 'F' -> setter.invokeExact(object, input.readFloat());
      case 'D' -> setter.invokeExact(object, input.readDouble());
      default -> setter.invokeExact(object, value(kryo, input, part.kind()));
    }
  }

  private static @Nullable Object value(Kryo kryo, Input input, char kind) {
    return switch (kind) {
      case 'Z' -> input.readBoolean();
      case 'B' -> input.readByte();
      case 'S' -> input.readShort();
      case 'C' -> input.readChar();
      case 'I' -> input.readVarInt(false);
      case 'J' -> input.readVarLong(false);
      case 'F' -> input.readFloat();
      case 'D' -> input.readDouble();
      case Shape.TEXT -> kryo.readObjectOrNull(input, String.class);
      default -> kryo.readClassAndObject(input);
    };
  }

  /// A number in a wider type; anything else that the field's type can hold.
  private static @Nullable Object fit(@Nullable Object value, char kind, Shape.Part target) {
    if (value instanceof Number number && kind != Shape.OBJECT) {
      String wider = "BSIJ";
      int from = wider.indexOf(kind);
      if (target.kind() == 'D' && kind != 'J') {
        return number.doubleValue();
      }
      if (from >= 0 && wider.indexOf(target.kind()) > from) {
        return switch (target.kind()) {
          case 'S' -> number.shortValue();
          case 'I' -> number.intValue();
          default -> number.longValue();
        };
      }
    }
    boolean fits =
        value == null ? !target.type().isPrimitive() : boxed(target.type()).isInstance(value);
    if (!fits) {
      throw new KryoException(
          "the field was written as %s and is %s here; read it under another name"
              .formatted(
                  value == null ? "null" : value.getClass().getName(), target.type().getName()));
    }
    return value;
  }

  private static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }
}
