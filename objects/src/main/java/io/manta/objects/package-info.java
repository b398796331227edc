/// A node's object store: how values are isolated, copied and encoded. No Pekko.
///
/// [ValueCodec] turns values into bytes and back. Each thread has a Coder meanwhile, which is a
/// Kryo with serializers of ours: ObjectSerializer for records and classes by their fields' names,
/// CollectionSerializers and MapSerializers, BulkSerializers for what stands beside the head,
/// LambdaSerializer. ClassForms says what classes are on the wire, AllowList which may be there,
/// BoundedInput that lengths are not believed.
@NullMarked
package io.manta.objects;

import org.jspecify.annotations.NullMarked;
