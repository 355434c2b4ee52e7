"""Jobs, queues and workers for plone.restapi: a face of the read model. One folder a resource."""
