# What a container needs otherwise than conf/nginx.conf has it:
#
#     sed -f conf/container/nginx.sed conf/nginx.conf
#
# Logs go to the container's output, temporary files to /tmp, the only place
# that can be written.  The number of workers comes from facetree-start.

s|^worker_processes .*|daemon off;\nworker_shutdown_timeout 20s;|
s|^pid .*|pid /tmp/nginx.pid;|
s|^error_log .*|error_log stderr notice;|
s|^\( *access_log\) logs/access.log facetree;|\1 /dev/stdout facetree if=$logged;|
s|^\( *facetree_model faces\) .*|\1 /srv/facetree/model/model.ftm;|
s|^\( *client_body_temp_path\) .*|\1 /tmp/body;|

# What fits the memory of the manifests; docs/deployment.md has the sum.

s|^\( *worker_connections\) .*|\1 512;|
s|^\( *client_body_buffer_size\) .*|\1 16k;|
s|^\( *facetree_memory\) .*|\1 64m;|

# The end of http.

$s|^}$|\n    include container.conf;\n}|
